//! Synopsys's DesignWare APB UART: the serial console, interrupt-driven both ways.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod chip;
pub mod registers;

use chip::DwUart;
use driver_serial::Model;
use leasehold_abi::Error;
use userlib::runtime::{Bound, Device};

/// A DesignWare UART with its registers in a window on lease.
#[derive(Debug, Default)]
pub struct ApbUart;

impl Model for ApbUart {
    type Chip<'cap> = DwUart<'cap>;
    const NAME: &'static str = "DesignWare UART";
    const LINES: usize = 1;

    fn open<'cap>(&self, device: &Device<'cap, Bound>) -> Result<Self::Chip<'cap>, Error> {
        DwUart::new(device.exclusive_io_mem(0)?)
    }
}

/// The driver.
pub type DwUartDriver = driver_serial::ConsoleDriver<ApbUart>;
