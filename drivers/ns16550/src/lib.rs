//! NS16550A: the serial console, interrupt-driven both ways.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod chip;
pub mod registers;

use chip::Ns16550;
use driver_serial::Model;
use leasehold_abi::Error;
use userlib::runtime::{Bound, Device};

/// An NS16550A with its registers in a window on lease.
#[derive(Debug, Default)]
pub struct Ns16550A;

impl Model for Ns16550A {
    type Chip<'cap> = Ns16550<'cap>;
    const NAME: &'static str = "NS16550A";
    const LINES: usize = 1;

    fn open<'cap>(&self, device: &Device<'cap, Bound>) -> Result<Self::Chip<'cap>, Error> {
        Ns16550::new(device.exclusive_io_mem(0)?)
    }
}

/// The driver.
pub type Ns16550Driver = driver_serial::ConsoleDriver<Ns16550A>;
