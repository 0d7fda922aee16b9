//! `Devres` is for values without lifetimes: what is the binding's goes into a `DevresLt`, or by
//! `into_devres`.
use userlib::io::{DevresIoMem, IoMem};
use userlib::runtime::{Bound, Device};
use userlib::{Devres, Error};

fn window<'cap>(device: &Device<'cap, Bound>, window: IoMem<'cap, 8>) -> Result<(), Error> {
    let _kept = Devres::new(device, window)?;
    Ok(())
}

fn device<'cap>(device: &Device<'cap, Bound>) -> Result<(), Error> {
    let _kept = Devres::new(device, device.clone())?;
    Ok(())
}

fn local(device: &Device<'_, Bound>) -> Result<Devres<&'static u32>, Error> {
    let local = 7;
    Devres::new(device, &local)
}

fn right(window: IoMem<'_, 8>) -> Result<DevresIoMem<8>, Error> {
    window.into_devres()
}

fn main() {}
