//! Windows are the binding's: none of them is `'static`, and a handle is what outlives the binding.
use userlib::Error;
use userlib::io::{Bar, DevresBar, ExclusiveIoMem, IoMem, Part};
use userlib::runtime::{Bound, Device};

fn io_mem<'cap>(device: &Device<'cap, Bound>) -> Result<IoMem<'static, 0x20>, Error> {
    device.io_mem(0)
}

fn exclusive<'cap>(device: &Device<'cap, Bound>) -> Result<ExclusiveIoMem<'static>, Error> {
    device.exclusive_io_mem("registers")
}

fn bar<'cap>(device: &Device<'cap, Bound>) -> Result<Bar<'static, 8>, Error> {
    device.bar(0)
}

fn handle<'cap>(device: &Device<'cap, Bound>) -> Result<DevresBar<8>, Error> {
    device.bar(0)?.into_devres()
}

fn kept<'cap>(device: &Device<'cap, Bound>) -> Result<Part<'static, 8>, Error> {
    Ok(device.bar::<8>(0)?.keep())
}

fn main() {}
