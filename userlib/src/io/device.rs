//! How a driver claims windows: methods of its device.

use super::{Bar, ClaimGuard, ExclusiveIoMem, IoMem, Select, Window};
use crate::runtime::{Bound, Device};
use crate::sys::{ClaimMode, Error, GrantKind, Notifications, Rights};
use leasehold_abi::names::BARS;

/// Claims device registers.
fn claim<'cap, const SIZE: usize>(
    device: &Device<'cap, Bound>,
    select: Select<'_>,
    mode: ClaimMode,
) -> Result<(Window<'cap, SIZE>, ClaimGuard), Error> {
    let (claim, info, base) = ClaimGuard::new(
        device,
        GrantKind::Mmio,
        select,
        mode,
        Notifications::empty(),
    )?;
    let length = usize::try_from(info.length).map_err(|_| Error::Invalid)?;
    let writable = info.rights.contains(Rights::WRITE);
    // SAFETY: just claimed, and kept by the claim for `'cap`.
    let window = unsafe { Window::new(base, length, writable)? };
    Ok((window, claim))
}

impl<'cap> Device<'cap, Bound> {
    /// Claims device registers by index or name, shared with other claims.
    ///
    /// ```
    /// use driver_testing::Offer;
    /// use userlib::Error;
    /// use userlib::sys::GrantKind;
    ///
    /// let offer = Offer::new("rtc", 0, 0).with_ones("clock", GrantKind::Mmio, 0x20);
    /// let length = offer.bind(|device| {
    ///     assert_eq!(device.io_mem::<0x20>("alarm").err(), Some(Error::NoDevice));
    ///     assert_eq!(device.io_mem::<0x28>("clock").err(), Some(Error::Invalid), "too small");
    ///     let by_name = device.io_mem::<0x20>("clock")?;
    ///     assert_eq!(device.io_mem::<0x20>(0).err(), Some(Error::Busy));
    ///     drop(by_name);
    ///     let any_size = device.io_mem::<0>(0)?;
    ///     Ok(any_size.len())
    /// });
    /// assert_eq!(length, Ok(0x20));
    /// ```
    ///
    /// # Errors
    /// `NoDevice` when absent, `Busy` when there is an exclusive claim, `Invalid` when it is empty or smaller than
    /// `SIZE`, `Revoked`.
    pub fn io_mem<'s, const SIZE: usize>(
        &self,
        select: impl Into<Select<'s>>,
    ) -> Result<IoMem<'cap, SIZE>, Error> {
        let (window, claim) = claim(self, select.into(), ClaimMode::Shared)?;
        Ok(IoMem { window, claim })
    }

    /// Claims device registers by index or name, exclusively.
    ///
    /// ```
    /// use driver_testing::Offer;
    /// use userlib::Error;
    /// use userlib::sys::GrantKind;
    ///
    /// let offer = Offer::new("uart", 0, 0).with_ones("registers", GrantKind::Mmio, 8);
    /// let shared = offer.bind(|device| {
    ///     let alone = device.exclusive_io_mem::<8>("registers")?;
    ///     assert_eq!(device.io_mem::<8>("registers").err(), Some(Error::Busy));
    ///     drop(alone);
    ///     device.io_mem::<8>("registers").map(drop)
    /// });
    /// assert_eq!(shared, Ok(()));
    /// ```
    ///
    /// # Errors
    /// As [`Device::io_mem`]; `Busy` when there is any claim on a part of it.
    pub fn exclusive_io_mem<'s, const SIZE: usize>(
        &self,
        select: impl Into<Select<'s>>,
    ) -> Result<ExclusiveIoMem<'cap, SIZE>, Error> {
        let (window, claim) = claim(self, select.into(), ClaimMode::Exclusive)?;
        Ok(ExclusiveIoMem { window, claim })
    }

    /// Claims memory BAR `number` (0–5) of a PCI function.
    ///
    /// ```
    /// use driver_testing::Offer;
    /// use userlib::Error;
    /// use userlib::sys::GrantKind;
    ///
    /// let offer = Offer::new("edu", 0, 0).with_ones("bar0", GrantKind::Mmio, 0x100);
    /// let length = offer.bind(|device| {
    ///     assert_eq!(device.bar::<0>(1).err(), Some(Error::NoDevice));
    ///     assert_eq!(device.bar::<0x200>(0).err(), Some(Error::Invalid), "too small");
    ///     Ok(device.bar::<0x100>(0)?.len())
    /// });
    /// assert_eq!(length, Ok(0x100));
    /// ```
    ///
    /// # Errors
    /// As [`Device::io_mem`].
    pub fn bar<const SIZE: usize>(&self, number: usize) -> Result<Bar<'cap, SIZE>, Error> {
        let name = BARS.get(number).ok_or(Error::NoDevice)?;
        let (window, claim) = claim(self, Select::Name(name), ClaimMode::Shared)?;
        Ok(Bar { window, claim })
    }
}
