//! A sub-window does not outlive the claim that it is a part of.
use userlib::io::{IoMem, Window};

fn part<'cap>(window: IoMem<'cap, 16>) -> Window<'cap, 8> {
    window.sub::<8, 8>()
}

fn main() {
    let _ = part as fn(IoMem<'static, 16>) -> _;
}
