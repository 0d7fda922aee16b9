//! A guard is not a reference to what it guards.
use userlib::io::DevresIoMem;

fn read(window: &DevresIoMem<16>) -> Option<u32> {
    let guard = window.try_access()?;
    Some(guard.read32::<0>())
}

fn main() {
    let _ = read as fn(&DevresIoMem<16>) -> Option<u32>;
}
