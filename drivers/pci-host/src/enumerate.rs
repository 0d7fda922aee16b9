//! Finding the functions on all buses.

use crate::config::{CLASS, ConfigAccess, HEADER, IDENTIFIERS, INTERRUPT};
use leasehold_abi::Error;
use userlib::supervisor::{ClassCode, FunctionAddress, FunctionId, InterruptPin};

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
    /// Which device it is.
    pub id: FunctionId,
    /// Revision.
    pub revision: u8,
    /// What it does.
    pub class: ClassCode,
    /// Its interrupt pin.
    pub pin: InterruptPin,
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

    /// A bridge to another bus was found. The number of that bus from now on; none if it cannot be reached.
    ///
    /// # Errors
    /// As for [`found`](Self::found).
    fn bridge(&mut self, bridge: &Function) -> Result<Option<u8>, Error>;
}

/// The line of an interrupt pin. The host bridge rotates the four pins by the device's number (*PCI-to-PCI Bridge
/// Architecture 1.2*, section 9.1), from the line `first` on. So does each bridge on the way: `turns` is the sum of
/// their devices' numbers.
pub const fn interrupt_line(first: u32, turns: u32, device: u8, pin: InterruptPin) -> Option<u32> {
    match pin.number() {
        Some(number) => Some(first + (turns + device as u32 + number as u32) % PINS),
        None => None,
    }
}

/// Walks all buses, depth first: reports every type 0 function and every bridge to another bus, and returns how many
/// functions answered. Other bridges, the host's among them, are skipped.
///
/// # Errors
/// `NoDevice` when nothing answers: the window does not lead to a host bridge. Otherwise the errors of configuration
/// space or of `report`.
pub fn enumerate<C: ConfigAccess, R: Report>(
    config: &C,
    first_line: u32,
    report: &mut R,
) -> Result<usize, Error> {
    let mut walk = Walk {
        config,
        report,
        first_line,
        count: 0,
    };
    walk.bus(0, 0)?;
    if walk.count == 0 {
        Err(Error::NoDevice)
    } else {
        Ok(walk.count)
    }
}

struct Walk<'a, C, R> {
    config: &'a C,
    report: &'a mut R,
    first_line: u32,
    count: usize,
}

impl<C: ConfigAccess, R: Report> Walk<'_, C, R> {
    /// All functions of a bus that answer, and of those behind it.
    fn bus(&mut self, bus: u8, turns: u32) -> Result<(), Error> {
        for device in 0..DEVICES {
            for function in 0..FUNCTIONS {
                let address = FunctionAddress::new(bus, device, function);
                let identifiers = self.config.read32(address, IDENTIFIERS)?;
                let present = identifiers as u16 != u16::MAX && identifiers != 0;
                if present {
                    let header = (self.config.read32(address, HEADER)? >> 16) as u8;
                    self.function(address, identifiers, header & !MULTI_FUNCTION, turns)?;
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

    fn function(
        &mut self,
        address: FunctionAddress,
        identifiers: u32,
        header: u8,
        turns: u32,
    ) -> Result<(), Error> {
        const BASE_CLASS_BRIDGE: u8 = 0x06;
        self.count += 1;
        let class_word = self.config.read32(address, CLASS)?;
        let class = ClassCode(class_word >> 8);
        let pin = InterruptPin((self.config.read32(address, INTERRUPT)? >> 8) as u8);
        let device = address.device();
        let function = Function {
            address,
            id: FunctionId::from_register(identifiers),
            revision: class_word as u8,
            class,
            pin,
            interrupt: interrupt_line(self.first_line, turns, device, pin),
        };
        match header {
            PCI_BRIDGE => match self.report.bridge(&function)? {
                // The numbers grow, so this ends.
                Some(behind) if behind > address.bus() => {
                    self.bus(behind, turns + u32::from(device))
                }
                _ => Ok(()),
            },
            0 if class.base() != BASE_CLASS_BRIDGE => self.report.found(&function),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
