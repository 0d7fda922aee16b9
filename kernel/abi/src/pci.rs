//! What PCI functions say of themselves: PCI Local Bus Specification 3.0, 6.2.

use core::fmt;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Which device a function is: the identifiers of its vendor and of the vendor's device (6.2.1).
///
/// ```
/// use leasehold_abi::FunctionId;
///
/// let edu = FunctionId::new(0x1234, 0x11e8);
/// assert_eq!(edu.to_string(), "1234:11e8");
/// assert_eq!(FunctionId::from_instance(edu.instance()), edu);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct FunctionId {
    /// The vendor.
    pub vendor: u16,
    /// The device.
    pub device: u16,
}

impl FunctionId {
    /// The function with these identifiers.
    pub const fn new(vendor: u16, device: u16) -> Self {
        Self { vendor, device }
    }

    /// From the first register of configuration space.
    pub const fn from_register(register: u32) -> Self {
        Self::new(register as u16, (register >> 16) as u16)
    }

    /// The first register of configuration space: the device in the upper half.
    pub const fn register(self) -> u32 {
        self.vendor as u32 | (self.device as u32) << 16
    }

    /// From the number of a lease.
    pub const fn from_instance(id: u32) -> Self {
        Self::new((id >> 16) as u16, id as u16)
    }

    /// The number of its leases, [`LeaseInfo::id`](crate::LeaseInfo): the vendor in the upper half.
    pub const fn instance(self) -> u32 {
        (self.vendor as u32) << 16 | self.device as u32
    }
}

/// As people write it: `1234:11e8`.
impl fmt::Display for FunctionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04x}:{:04x}", self.vendor, self.device)
    }
}

impl fmt::Debug for FunctionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// What a function does: base class, subclass and programming interface, in bits 23–16, 15–8 and 7–0 (6.2.1).
#[derive(Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct ClassCode(pub u32);

impl ClassCode {
    /// The base class.
    pub const fn base(self) -> u8 {
        (self.0 >> 16) as u8
    }
}

/// Six hexadecimal digits.
impl fmt::Display for ClassCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:06x}", self.0)
    }
}

impl fmt::Debug for ClassCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Which interrupt pin a function uses: the register's value (6.2.4).
#[derive(Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct InterruptPin(pub u8);

impl InterruptPin {
    /// Its number: 0 for INTA to 3 for INTD; none if the function has no pin.
    pub const fn number(self) -> Option<u8> {
        match self.0 {
            1..=4 => Some(self.0 - 1),
            _ => None,
        }
    }
}

/// `INTA` to `INTD`, or `none`.
impl fmt::Display for InterruptPin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number().map(usize::from);
        let name = number.and_then(|number| ["INTA", "INTB", "INTC", "INTD"].get(number));
        formatter.write_str(name.unwrap_or(&"none"))
    }
}

impl fmt::Debug for InterruptPin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::string::ToString;

    #[test]
    fn what_people_read() {
        assert_eq!(
            FunctionId::from_register(0x11e8_1234).to_string(),
            "1234:11e8"
        );
        assert_eq!(FunctionId::new(0x1af4, 0x42).register(), 0x0042_1af4);
        assert_eq!(ClassCode(0x01_0802).to_string(), "010802");
        assert_eq!(ClassCode(0x01_0802).base(), 1);
        let pins = [0, 1, 2, 3, 4, 5, 255].map(|pin| InterruptPin(pin).to_string());
        assert_eq!(
            pins,
            ["none", "INTA", "INTB", "INTC", "INTD", "none", "none"]
        );
    }
}
