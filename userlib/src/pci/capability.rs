//! Capabilities of a PCI function by type.

use super::{CapabilityId, ConfigSpace};
use crate::sys::Error;

/// A capability whose registers have names.
pub trait TypedCapability: Sized {
    /// Which capability it is.
    const ID: CapabilityId;

    /// Reads it from `offset`, where [`Self::ID`] was found.
    ///
    /// # Errors
    /// `Invalid` when it ends past the configuration space, `Revoked`.
    fn read<const SIZE: usize>(
        config: &ConfigSpace<'_, SIZE>,
        offset: usize,
    ) -> Result<Self, Error>;
}

impl<const SIZE: usize> ConfigSpace<'_, SIZE> {
    /// The function's capability of this type.
    ///
    /// # Errors
    /// `NotFound` without one, and as [`TypedCapability::read`].
    pub fn typed<C: TypedCapability>(&self) -> Result<C, Error> {
        C::read(self, self.capability(C::ID)?.offset)
    }
}

/// Power management (PCI Bus Power Management Interface Specification 1.2, section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerManagement {
    /// Offset of the control and status register, whose low two bits may be written with a state.
    pub control: usize,
    /// State D0 to D3.
    pub state: u8,
    /// Whether state D1, and D2, are there.
    pub intermediate: (bool, bool),
}

impl TypedCapability for PowerManagement {
    const ID: CapabilityId = CapabilityId::POWER_MANAGEMENT;

    fn read<const SIZE: usize>(
        config: &ConfigSpace<'_, SIZE>,
        offset: usize,
    ) -> Result<Self, Error> {
        let capabilities = config.try_read16(offset + 2)?;
        Ok(Self {
            control: offset + 4,
            state: config.try_read16(offset + 4)? as u8 & 3,
            intermediate: (capabilities & 1 << 9 != 0, capabilities & 1 << 10 != 0),
        })
    }
}

/// Message-signalled interrupts (PCI Local Bus Specification 3.0, section 6.8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Msi {
    /// Offset of the message control register.
    pub control: usize,
    /// Whether they are on.
    pub enabled: bool,
    /// How many vectors the function asks for, 1 to 32.
    pub vectors: u8,
    /// Whether the message address has 64 bits.
    pub wide: bool,
}

impl TypedCapability for Msi {
    const ID: CapabilityId = CapabilityId::MSI;

    fn read<const SIZE: usize>(
        config: &ConfigSpace<'_, SIZE>,
        offset: usize,
    ) -> Result<Self, Error> {
        let control = config.try_read16(offset + 2)?;
        // Encodings 6 and 7 are reserved.
        let vectors = (control >> 1 & 7).min(5);
        Ok(Self {
            control: offset + 2,
            enabled: control & 1 != 0,
            vectors: 1 << vectors,
            wide: control & 1 << 7 != 0,
        })
    }
}

/// MSI-X (PCI Local Bus Specification 3.0, section 6.8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MsiX {
    /// Offset of the message control register.
    pub control: usize,
    /// Whether they are on.
    pub enabled: bool,
    /// How many vectors the table has, 1 to 2048.
    pub vectors: u16,
    /// BAR and offset in it, in bytes, of the table.
    pub table: (u8, u32),
    /// BAR and offset in it, in bytes, of the pending bits.
    pub pending: (u8, u32),
}

impl TypedCapability for MsiX {
    const ID: CapabilityId = CapabilityId::MSI_X;

    fn read<const SIZE: usize>(
        config: &ConfigSpace<'_, SIZE>,
        offset: usize,
    ) -> Result<Self, Error> {
        let control = config.try_read16(offset + 2)?;
        let place = |register: usize| {
            config
                .try_read32(register)
                .map(|value| ((value & 7) as u8, value & !7))
        };
        Ok(Self {
            control: offset + 2,
            enabled: control & 1 << 15 != 0,
            vectors: (control & 0x7ff) + 1,
            table: place(offset + 4)?,
            pending: place(offset + 8)?,
        })
    }
}

/// PCI Express (PCI Express Base Specification 3.0, section 7.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PciExpress {
    /// Version of the capability.
    pub version: u8,
    /// Device or port type: 0 endpoint, 4 root port, 9 integrated endpoint.
    pub kind: u8,
    /// Whether the function can be reset by itself.
    pub function_reset: bool,
    /// Most bytes of payload that the function supports, 128 to 4096.
    pub payload: u16,
}

impl TypedCapability for PciExpress {
    const ID: CapabilityId = CapabilityId::EXPRESS;

    fn read<const SIZE: usize>(
        config: &ConfigSpace<'_, SIZE>,
        offset: usize,
    ) -> Result<Self, Error> {
        let flags = config.try_read16(offset + 2)?;
        let device = config.try_read32(offset + 4)?;
        // Encodings 6 and 7 are reserved.
        let payload = (device & 7).min(5);
        Ok(Self {
            version: (flags & 0xf) as u8,
            kind: (flags >> 4 & 0xf) as u8,
            function_reset: device & 1 << 28 != 0,
            payload: 128 << payload,
        })
    }
}
