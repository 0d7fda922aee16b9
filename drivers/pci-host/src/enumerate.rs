//! Finding the functions on the bus and setting each one up.

use crate::aperture::Aperture;
use crate::bars::{self, Bar};
use crate::config::{Address, BASE_ADDRESSES, CLASS, ConfigAccess, HEADER, IDENTIFIERS, INTERRUPT};
use leasehold_abi::Error;

/// Devices on a bus.
const DEVICES: u8 = 32;

/// Functions of a device.
const FUNCTIONS: u8 = 8;

/// Header type: more than one function.
const MULTI_FUNCTION: u8 = 1 << 7;

/// Pins INTA to INTD.
const PINS: u32 = 4;

/// What was found of one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// Where it is.
    pub address: Address,
    /// Vendor identifier.
    pub vendor: u16,
    /// Device identifier.
    pub device: u16,
    /// Revision.
    pub revision: u8,
    /// Class code: base class, subclass, interface from the top.
    pub class: u32,
    /// Memory windows, by index of their register.
    pub bars: [Bar; BASE_ADDRESSES],
    /// Interrupt pin: 0 none, 1 to 4 INTA to INTD.
    pub pin: u8,
    /// Interrupt line of the platform that its pin is wired to.
    pub interrupt: Option<u32>,
}

/// Whom enumeration tells.
pub trait Report {
    /// What is known of the function at `address` from before: then it may be in use and is not touched.
    ///
    /// # Errors
    /// Any that asking gives; enumeration stops.
    fn known(&mut self, address: Address) -> Result<Option<Function>, Error>;

    /// A function was set up.
    ///
    /// # Errors
    /// As for [`known`](Self::known).
    fn found(&mut self, function: &Function) -> Result<(), Error>;

    /// A function could not be set up; it is off.
    ///
    /// # Errors
    /// As for [`known`](Self::known).
    fn failed(&mut self, address: Address, identifiers: u32, why: Error) -> Result<(), Error>;
}

/// Line of an interrupt pin: the host bridge turns the four pins by the device's number
/// (*PCI-to-PCI Bridge Architecture 1.2*, section 9.1), starting at the line `first`.
pub const fn interrupt_line(first: u32, device: u8, pin: u8) -> Option<u32> {
    match pin {
        1..=4 => Some(first + (device as u32 + pin as u32 - 1) % PINS),
        _ => None,
    }
}

/// Walks bus 0, sets up every new type 0 function, and returns how many answered.
/// Bridges, the host bridge among them, are passed over.
///
/// # Errors
/// `NoDevice` when nothing at all answers: the window does not lead to a host bridge. Else what
/// configuration space or `report` says; what is wrong with one function is reported and passed over.
pub fn enumerate<C: ConfigAccess, R: Report>(
    config: &mut C,
    aperture: &mut Aperture,
    first_line: u32,
    report: &mut R,
) -> Result<usize, Error> {
    let mut count = 0;
    // What is known keeps its place, so take those places before any is handed out.
    visit(config, |_, address, _| {
        if let Some(known) = report.known(address)? {
            for bar in known.bars.iter().filter(|bar| bar.size != 0) {
                aperture.reserve(bar.address, bar.size)?;
            }
        }
        Ok(())
    })?;
    visit(config, |config, address, identifiers| {
        count += 1;
        let header = (config.read32(address, HEADER)? >> 16) as u8 & !MULTI_FUNCTION;
        let class_word = config.read32(address, CLASS)?;
        let class = class_word >> 8;
        const BASE_CLASS_BRIDGE: u32 = 0x06;
        if header != 0 || class >> 16 == BASE_CLASS_BRIDGE {
            return Ok(());
        }
        if report
            .known(address)?
            .is_some_and(|known| known.identifiers() == identifiers)
        {
            return Ok(());
        }
        let bars = match bars::place(config, address, aperture) {
            Ok(bars) => bars,
            Err(error @ Error::Revoked) => return Err(error),
            Err(error) => return report.failed(address, identifiers, error),
        };
        let pin = (config.read32(address, INTERRUPT)? >> 8) as u8;
        report.found(&Function {
            address,
            vendor: identifiers as u16,
            device: (identifiers >> 16) as u16,
            revision: class_word as u8,
            class,
            bars,
            pin,
            interrupt: interrupt_line(first_line, address.device, pin),
        })
    })?;
    if count == 0 {
        Err(Error::NoDevice)
    } else {
        Ok(count)
    }
}

impl Function {
    /// Vendor (low half) and device identifier, as in configuration space.
    pub const fn identifiers(&self) -> u32 {
        self.vendor as u32 | (self.device as u32) << 16
    }
}

/// Calls `visitor` for every function of bus 0 that answers.
fn visit<C: ConfigAccess>(
    config: &mut C,
    mut visitor: impl FnMut(&mut C, Address, u32) -> Result<(), Error>,
) -> Result<(), Error> {
    for device in 0..DEVICES {
        for function in 0..FUNCTIONS {
            let address = Address {
                bus: 0,
                device,
                function,
            };
            let identifiers = config.read32(address, IDENTIFIERS)?;
            let present = identifiers as u16 != u16::MAX && identifiers != 0;
            if present {
                // The header is read first: the visitor may change what the function answers.
                let header = (config.read32(address, HEADER)? >> 16) as u8;
                visitor(config, address, identifiers)?;
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
