//! PCI configuration space: 256 bytes, or 4096 with PCI Express.
//!
//! A driver reads it. It writes what is its function's own, if the manifest lets it ([`OwnRegisters`]); all else only
//! the supervisor writes, because such writes decide where registers appear. Source of the layout: PCI Local Bus
//! Specification 3.0, chapter 6.

mod capability;
mod own;

pub use own::OwnRegisters;

pub use capability::{Msi, MsiX, PciExpress, PowerManagement, TypedCapability};

use crate::io::{ClaimGuard, Select, Window};
use crate::runtime::{Bound, Device};
use crate::sys::{ClaimMode, Error, GrantKind, Notifications};
use core::fmt;
use leasehold_abi::configuration::{self, CAPABILITIES};

/// Bytes of the configuration space of a conventional PCI function.
pub const CONVENTIONAL: usize = 256;
/// Bytes of the configuration space of a PCI Express function.
pub const EXPRESS: usize = configuration::FUNCTION;

/// Offset of the status register; bit 4 says that there are capabilities (6.2.3).
const STATUS: usize = 0x06;
/// A list with more entries than fit into 192 bytes has a cycle.
const MOST_CAPABILITIES: usize = 48;
/// Offset of the first extended capability (PCI Express Base Specification 7.6).
const EXTENDED: usize = 0x100;
/// A list with more entries than fit into 3840 bytes has a cycle.
const MOST_EXTENDED: usize = 480;

/// Configuration space that a driver claimed: of one function, or with `SIZE` 0 of any number.
///
/// ```
/// use userlib::Error;
/// use userlib::pci::{ConfigSpace, MsiX};
/// use userlib::runtime::{Bound, Device};
///
/// fn vectors(device: &Device<'_, Bound>) -> Result<(u16, u16), Error> {
///     let config: ConfigSpace<'_> = device.config_space("config")?;
///     let vendor = config.read16::<0>();
///     Ok((vendor, config.typed::<MsiX>()?.vectors))
/// }
/// ```
/// A driver cannot write it:
/// ```compile_fail
/// # use userlib::pci::ConfigSpace;
/// fn decode(config: &ConfigSpace<'_>) {
///     config.write16::<4>(1 << 1); // no such method
/// }
/// # std::hint::black_box(decode as fn(&ConfigSpace<'_>));
/// ```
pub struct ConfigSpace<'cap, const SIZE: usize = EXPRESS> {
    window: Window<'cap, SIZE>,
    _claim: ClaimGuard,
}

/// Declares reads, which are those of the window inside. The window is not given out, because it is mapped read-only.
macro_rules! reads {
    ($($width:ty: $read:ident $try_read:ident;)*) => {$(
        /// Loads a register at an offset that is checked when the program is compiled.
        #[inline(always)]
        pub fn $read<const OFFSET: usize>(&self) -> $width {
            self.window.$read::<OFFSET>()
        }

        /// Loads a register, if that is possible.
        ///
        /// # Errors
        /// `Invalid` past the end or not aligned, `Revoked` when the window is gone.
        #[inline]
        pub fn $try_read(&self, offset: usize) -> Result<$width, Error> {
            self.window.$try_read(offset)
        }
    )*};
}

impl<const SIZE: usize> ConfigSpace<'_, SIZE> {
    reads! {
        u8: read8 try_read8;
        u16: read16 try_read16;
        u32: read32 try_read32;
    }

    /// Length in bytes; at least `SIZE`.
    #[inline]
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub const fn len(&self) -> usize {
        self.window.len()
    }

    /// The capabilities of the function, in its order.
    pub fn capabilities(&self) -> impl Iterator<Item = Capability> + '_ {
        let present = self
            .try_read16(STATUS)
            .is_ok_and(|status| status & 1 << 4 != 0);
        let first = if present {
            self.try_read8(CAPABILITIES).unwrap_or(0)
        } else {
            0
        };
        let mut next = usize::from(first & !3);
        core::iter::from_fn(move || {
            // The header ends at 0x40; a pointer into it is no capability.
            if next < 0x40 {
                return None;
            }
            let head = self.try_read16(next).ok()?;
            let capability = Capability {
                id: CapabilityId(head as u8),
                offset: next,
            };
            next = usize::from((head >> 8) as u8 & !3);
            Some(capability)
        })
        .take(MOST_CAPABILITIES)
    }

    /// The first capability of this kind.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn capability(&self, id: CapabilityId) -> Result<Capability, Error> {
        self.capabilities()
            .find(|capability| capability.id == id)
            .ok_or(Error::NotFound)
    }

    /// The extended capabilities of a PCI Express function: identifier and offset.
    pub fn extended_capabilities(&self) -> impl Iterator<Item = (u16, usize)> + '_ {
        let mut next = EXTENDED;
        core::iter::from_fn(move || {
            if next < EXTENDED {
                return None;
            }
            let head = self
                .try_read32(next)
                .ok()
                .filter(|&head| head != 0 && head != u32::MAX)?;
            let at = next;
            next = (head >> 20) as usize & !3;
            Some((head as u16, at))
        })
        .take(MOST_EXTENDED)
    }
}

impl<const SIZE: usize> fmt::Debug for ConfigSpace<'_, SIZE> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.window.fmt(formatter)
    }
}

/// Which capability (PCI Local Bus Specification 3.0, appendix H).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapabilityId(pub u8);

impl CapabilityId {
    /// Power management.
    pub const POWER_MANAGEMENT: Self = Self(0x01);
    /// Message-signalled interrupts.
    pub const MSI: Self = Self(0x05);
    /// Vendor specific.
    pub const VENDOR: Self = Self(0x09);
    /// PCI Express.
    pub const EXPRESS: Self = Self(0x10);
    /// MSI-X.
    pub const MSI_X: Self = Self(0x11);
}

/// A capability in configuration space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capability {
    /// Which.
    pub id: CapabilityId,
    /// Where it starts.
    pub offset: usize,
}

impl<'cap> Device<'cap, Bound> {
    /// Claims configuration space by index or name, shared with other claims.
    ///
    /// # Errors
    /// As [`Device::io_mem`].
    pub fn config_space<'s, const SIZE: usize>(
        &self,
        select: impl Into<Select<'s>>,
    ) -> Result<ConfigSpace<'cap, SIZE>, Error> {
        let mode = ClaimMode::Shared;
        let (claim, info, base) = ClaimGuard::new(
            self,
            GrantKind::Config,
            select.into(),
            mode,
            Notifications::empty(),
        )?;
        let length = usize::try_from(info.length).map_err(|_| Error::Invalid)?;
        // SAFETY: just claimed, and kept by the claim for `'cap`.
        let window = unsafe { Window::new(base, length, false)? };
        Ok(ConfigSpace {
            window,
            _claim: claim,
        })
    }
}

#[cfg(test)]
mod tests;
