//! A borrow of a local poses as living for `'cap`.
use userlib::runtime::{Bound, Device};
use userlib::{DevresLt, Error, ForLt};

fn forge<'cap>(device: &Device<'cap, Bound>) -> Result<DevresLt<ForLt!(&u32)>, Error> {
    let local = 7;
    DevresLt::new(device, &local)
}

fn main() {
    let _ = forge as fn(&Device<'static, Bound>) -> Result<DevresLt<ForLt!(&u32)>, Error>;
}
