//! A window of the binding is kept in the driver, which lives on.
use core::cell::RefCell;
use userlib::io::IoMem;
use userlib::runtime::{Core, Device, Driver};
use userlib::{Error, ForLt};

#[derive(Default)]
struct Keeper {
    kept: RefCell<Option<IoMem<'static, 16>>>,
}

impl Driver for Keeper {
    type State = ForLt!(());

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<(), Error> {
        *self.kept.borrow_mut() = Some(device.io_mem(0)?);
        Ok(())
    }
}

fn main() {
    userlib::runtime::run(&Keeper::default());
}
