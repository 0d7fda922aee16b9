//! Finding the functions on the bus.

use crate::config::{CLASS, ConfigAccess, HEADER, IDENTIFIERS, INTERRUPT};
use leasehold_abi::Error;
use userlib::supervisor::FunctionAddress;

/// Devices on a bus.
const DEVICES: u8 = 32;

/// Functions of a device.
const FUNCTIONS: u8 = 8;

/// Header type: more than one function.
const MULTI_FUNCTION: u8 = 1 << 7;

/// Header type: a bridge to another bus.
const PCI_BRIDGE: u8 = 1;

/// Pins INTA to INTD.
const PINS: u32 = 4;

/// A function that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// Where it is.
    pub address: FunctionAddress,
    /// Vendor identifier.
    pub vendor: u16,
    /// Device identifier.
    pub device: u16,
    /// Revision.
    pub revision: u8,
    /// Class code: base class, subclass, interface from the top.
    pub class: u32,
    /// Interrupt pin: 0 none, 1 to 4 INTA to INTD.
    pub pin: u8,
    /// Interrupt line of the platform that its pin is wired to.
    pub interrupt: Option<u32>,
}

/// The receiver of what enumeration finds.
pub trait Report {
    /// A function was found.
    ///
    /// # Errors
    /// An error ends enumeration. A fault of one function must not be returned.
    fn found(&mut self, function: &Function) -> Result<(), Error>;

    /// A bridge to another bus was found. Nothing behind it is looked for.
    ///
    /// # Errors
    /// As for [`found`](Self::found).
    fn bridge(&mut self, address: FunctionAddress, identifiers: u32) -> Result<(), Error>;
}

/// The line of an interrupt pin. The host bridge rotates the four pins by the device's number (*PCI-to-PCI Bridge
/// Architecture 1.2*, section 9.1), from the line `first` on.
pub const fn interrupt_line(first: u32, device: u8, pin: u8) -> Option<u32> {
    match pin {
        1..=4 => Some(first + (device as u32 + pin as u32 - 1) % PINS),
        _ => None,
    }
}

/// Walks bus 0, reports every type 0 function, and returns how many functions answered. The host bridge is skipped.
/// Bridges to other buses are skipped and reported.
///
/// # Errors
/// `NoDevice` when nothing answers: the window does not lead to a host bridge. Otherwise the errors of configuration
/// space or of `report`.
pub fn enumerate<C: ConfigAccess, R: Report>(
    config: &C,
    first_line: u32,
    report: &mut R,
) -> Result<usize, Error> {
    const BASE_CLASS_BRIDGE: u32 = 0x06;
    let mut count = 0;
    visit(config, |address, identifiers| {
        count += 1;
        let header = (config.read32(address, HEADER)? >> 16) as u8 & !MULTI_FUNCTION;
        let class_word = config.read32(address, CLASS)?;
        let class = class_word >> 8;
        if header == PCI_BRIDGE {
            return report.bridge(address, identifiers);
        }
        if header != 0 || class >> 16 == BASE_CLASS_BRIDGE {
            return Ok(());
        }
        let pin = (config.read32(address, INTERRUPT)? >> 8) as u8;
        report.found(&Function {
            address,
            vendor: identifiers as u16,
            device: (identifiers >> 16) as u16,
            revision: class_word as u8,
            class,
            pin,
            interrupt: interrupt_line(first_line, address.device(), pin),
        })
    })?;
    if count == 0 {
        Err(Error::NoDevice)
    } else {
        Ok(count)
    }
}

/// Calls `visitor` for every function of bus 0 that answers.
fn visit<C: ConfigAccess>(
    config: &C,
    mut visitor: impl FnMut(FunctionAddress, u32) -> Result<(), Error>,
) -> Result<(), Error> {
    for device in 0..DEVICES {
        for function in 0..FUNCTIONS {
            let address = FunctionAddress::new(0, device, function);
            let identifiers = config.read32(address, IDENTIFIERS)?;
            let present = identifiers as u16 != u16::MAX && identifiers != 0;
            if present {
                let header = (config.read32(address, HEADER)? >> 16) as u8;
                visitor(address, identifiers)?;
                if function == 0 && header & MULTI_FUNCTION == 0 {
                    break;
                }
            } else if function == 0 {
                break;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
