//! The device is invariant: a borrow of it cannot make `'cap` shorter, to let a local in.
use userlib::runtime::{Bound, Device};

fn shorten<'short, 'cap: 'short>(device: &'short Device<'cap, Bound>) -> &'short Device<'short, Bound> {
    device
}

fn main() {
    let _ = |device: &Device<'static, Bound>| shorten(device).is_bound();
}
