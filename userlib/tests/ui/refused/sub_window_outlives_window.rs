//! A part, or a block of registers, does not outlive the claim that it is a part of.
use userlib::io::{IoMem, Part};

userlib::registers! {
    /// Four bytes.
    pub struct Block: 4 {
        /// All of them.
        pub value: ReadOnly<u32> = 0;
    }
}

fn part<'cap>(window: IoMem<'cap, 16>) -> Part<'cap, 8, 4> {
    window.sub::<8, 8>()
}

fn run_time<'cap>(window: &IoMem<'cap, 16>) -> Part<'cap, 8, 4> {
    window.part(8).unwrap()
}

fn whole<'cap>(window: &IoMem<'cap, 16>) -> Part<'cap, 16> {
    window.all()
}

fn block<'cap>(window: &IoMem<'cap, 4>) -> Block<'cap> {
    Block::new(window)
}

fn used_after(window: IoMem<'_, 16>) -> u32 {
    let part = window.sub::<8, 8>();
    drop(window);
    part.read32::<0>()
}

fn main() {
    let _ = part as fn(IoMem<'static, 16>) -> _;
}
