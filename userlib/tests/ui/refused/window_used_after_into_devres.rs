//! A window that was given to the binding is not the driver's any more, nor are its registers.
use userlib::Error;
use userlib::io::{Readable, Bar, ReadOnly, Register};

fn register(bar: Bar<'_, 8>) -> Result<u32, Error> {
    let status: Register<'_, u32, (), ReadOnly, 0, 8> = Register::new(&bar);
    let _kept = bar.into_devres()?;
    Ok(status.get())
}

fn main() {}
