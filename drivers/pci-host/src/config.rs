//! PCI configuration space: addresses, registers, and how the driver reaches them.
//!
//! Source: *PCI Local Bus Specification 3.0*, section 6; *PCI Express Base Specification*,
//! section 7.2.2 (ECAM).

use leasehold_abi::{Error, configuration};
use userlib::supervisor::FunctionAddress;

/// Vendor (low half) and device identifier.
pub const IDENTIFIERS: u16 = configuration::IDENTIFIERS as u16;

/// Revision (low byte) and class code.
pub const CLASS: u16 = 0x08;

/// Header type is in bits 16 to 23; its top bit says that there are more functions.
pub const HEADER: u16 = configuration::HEADER as u16;

/// Interrupt line (low byte), pin, and two numbers that are not used here.
pub const INTERRUPT: u16 = 0x3c;

/// Reads of configuration space.
///
/// On a board this is the mapped window; in tests a model.
pub trait ConfigAccess {
    /// Reads 32 bits at a multiple of 4. A function that is not there reads as all ones.
    ///
    /// # Errors
    /// `Revoked` when the lease is gone.
    fn read32(&self, address: FunctionAddress, register: u16) -> Result<u32, Error>;
}
