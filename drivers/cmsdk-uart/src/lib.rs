//! The APB UART of the Cortex-M System Design Kit as the serial console, interrupt-driven both ways.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod chip;
pub mod registers;

use chip::CmsdkUart;
use driver_cmsdk::UART;
use driver_serial::Model;
use leasehold_abi::Error;
use userlib::runtime::{Bound, Device};

/// A CMSDK APB UART with its registers in a window on lease.
#[derive(Debug, Default)]
pub struct ApbUart;

impl Model for ApbUart {
    type Chip<'cap> = CmsdkUart<'cap>;
    const NAME: &'static str = "CMSDK UART";
    // Receiver and transmitter. An overrun is seen in the state at the next interrupt of either.
    const LINES: usize = 2;

    fn open<'cap>(&self, device: &Device<'cap, Bound>) -> Result<Self::Chip<'cap>, Error> {
        let registers = device.exclusive_io_mem(0)?;
        driver_cmsdk::expect(&registers, UART)?;
        Ok(CmsdkUart::new(registers))
    }
}

/// The driver.
pub type CmsdkUartDriver = driver_serial::ConsoleDriver<ApbUart>;
