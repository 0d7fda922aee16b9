//! A driver makes the futures of its bindings itself, from devices for `'static`.
use std::cell::RefCell;
use userlib::io::IoMem;
use userlib::runtime::{Futures, Runner};

fn main() {
    let kept: RefCell<Option<IoMem<'static, 16>>> = RefCell::default();
    let futures = Futures::new(|device| {
        *kept.borrow_mut() = device.io_mem(0).ok();
        std::future::pending()
    });
    Runner::new(futures).step();
}
