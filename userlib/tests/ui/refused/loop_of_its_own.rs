//! A driver makes a loop of its own, which would give it devices for `'static`.
use std::cell::RefCell;
use userlib::Error;
use userlib::io::IoMem;
use userlib::ipc::{Answer, Request};
use userlib::runtime::{Core, Device, Engine, Runner};
use userlib::sys::Notifications;

#[derive(Default)]
struct Keeper {
    kept: RefCell<Option<IoMem<'static, 16>>>,
}

impl Engine for Keeper {
    type State = ();
    const SERVES_UNBOUND: bool = false;

    fn probe(&self, device: &Device<'static, Core>) -> Result<(), Error> {
        *self.kept.borrow_mut() = Some(device.io_mem(0)?);
        Ok(())
    }

    fn request(&self, _: &mut (), _: &Device<'static, Core>, _: &Request<'_>) -> Answer {
        Answer::error(Error::Invalid)
    }

    fn notified(&self, _: &mut [Option<()>], _: Notifications) {}
}

fn main() {
    Runner::new(Keeper::default()).step();
}
