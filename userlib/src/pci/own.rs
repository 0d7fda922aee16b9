//! Writing the registers in configuration space that are a function's own.

use crate::runtime::{Bound, Device};
use crate::sys::{self, Error, GrantKind, LeaseHandle, Rights};
use core::fmt;
use core::marker::PhantomData;

/// The registers of a function's own in its configuration space: those of the device that are in no capability, and
/// capabilities of its vendor. A write is a system call; reads go to the window, [`ConfigSpace`](super::ConfigSpace).
///
/// ```
/// use userlib::Error;
/// use userlib::runtime::{Bound, Device};
///
/// fn wake(device: &Device<'_, Bound>) -> Result<(), Error> {
///     device.own_registers()?.write16(0x48, 1)
/// }
/// ```
pub struct OwnRegisters<'cap> {
    lease: LeaseHandle,
    /// First address of the function's configuration space.
    base: u64,
    binding: PhantomData<fn(&'cap ()) -> &'cap ()>,
}

impl OwnRegisters<'_> {
    fn write(&self, offset: usize, width: usize, value: u32) -> Result<(), Error> {
        let at = self.base + offset as u64;
        for index in 0.. {
            let grant = match sys::grant_info(self.lease, index) {
                Err(Error::NotFound) => break,
                grant => grant?,
            };
            let is_own = grant.kind == GrantKind::Config && !grant.rights.contains(Rights::READ);
            if is_own && at >= grant.base && at - grant.base < grant.length {
                let offset = (at - grant.base) as usize;
                return sys::config_write(self.lease, index, offset, width, value);
            }
        }
        Err(Error::Denied)
    }

    /// Writes one byte at an offset in the function's configuration space.
    ///
    /// # Errors
    /// `Denied` if that is not the function's own, `Invalid` past the end of what is, or not aligned, `Revoked`.
    pub fn write8(&self, offset: usize, value: u8) -> Result<(), Error> {
        self.write(offset, 1, value.into())
    }

    /// Writes two bytes.
    ///
    /// # Errors
    /// As [`write8`](Self::write8).
    pub fn write16(&self, offset: usize, value: u16) -> Result<(), Error> {
        self.write(offset, 2, value.into())
    }

    /// Writes four bytes.
    ///
    /// # Errors
    /// As [`write8`](Self::write8).
    pub fn write32(&self, offset: usize, value: u32) -> Result<(), Error> {
        self.write(offset, 4, value)
    }
}

impl<'cap> Device<'cap, Bound> {
    /// The registers in configuration space that the driver may write.
    ///
    /// # Errors
    /// `NoDevice` if it is no PCI function, `Revoked`. Where the manifest has no `config-writes` every write is
    /// `Denied`.
    pub fn own_registers(&self) -> Result<OwnRegisters<'cap>, Error> {
        let slot = self.live()?;
        let (_, config) = slot.find(GrantKind::Config, &super::Select::Index(0))?;
        Ok(OwnRegisters {
            lease: slot.lease.get(),
            base: config.base,
            binding: PhantomData,
        })
    }
}

impl fmt::Debug for OwnRegisters<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OwnRegisters")
    }
}
