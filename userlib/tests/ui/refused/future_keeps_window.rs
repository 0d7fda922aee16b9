//! An asynchronous probe keeps a window of the binding in the driver, which lives on.
use core::cell::RefCell;
use userlib::io::IoMem;
use userlib::runtime::{AsyncDriver, Bound, Device};
use userlib::{Error, ForLt};

#[derive(Default)]
struct Keeper {
    kept: RefCell<Option<IoMem<'static, 16>>>,
}

impl AsyncDriver for Keeper {
    type State = ForLt!(());

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<(), Error> {
        *self.kept.borrow_mut() = Some(device.io_mem(0)?);
        Ok(())
    }
}
userlib::driver!(async Keeper);
