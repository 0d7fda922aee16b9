//! A window that was given to the binding is not the driver's any more, nor are its registers.
use userlib::Error;
use userlib::io::{Bar, Readable};

userlib::registers! {
    /// Eight bytes.
    pub struct Block: 8 {
        /// The first four.
        pub status: ReadOnly<u32> = 0;
    }
}

fn register(bar: Bar<'_, 8>) -> Result<u32, Error> {
    let status = Block::new(&bar).status();
    let _kept = bar.into_devres()?;
    Ok(status.get())
}

fn main() {}
