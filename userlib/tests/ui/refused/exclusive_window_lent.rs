//! What a driver has alone cannot be lent: the child would be somebody else.
use userlib::io::ExclusiveIoMem;
use userlib::sys::Rights;

fn lend(registers: &ExclusiveIoMem<'_, 0x1000>) {
    let _ = registers.lend::<0x1000>(0, 0x1000, Rights::READ);
}

fn main() {}
