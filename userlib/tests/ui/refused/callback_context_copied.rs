//! That a callback runs is known to the callback alone.
use userlib::runtime::{Core, Device};

fn keep<'cap>(device: &Device<'cap, Core>) -> Device<'cap, Core> {
    device.clone()
}

fn main() {
    let _ = keep as fn(&Device<'static, Core>) -> _;
}
