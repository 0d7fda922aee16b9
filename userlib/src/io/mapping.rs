//! Windows that a driver claimed: owners of a [`Window`].
//!
//! Each is a family, so `ForLt!(Bar<'_, SIZE>)` works in a function that is generic over `SIZE`.

use super::{ClaimGuard, Part, Window};
use crate::auxiliary::LentWindow;
use crate::runtime::{Device, Plain};
use crate::sys::{Error, Rights};
use crate::{CovariantForLt, DevresLt};
use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use for_lt::CovariantFamily;

/// Declares one kind of owner, its family and its revocable handle.
macro_rules! mapping {
    ($(#[$doc:meta])* $name:ident, $devres:ident, $(#[$handle_doc:meta])*) => {
        $(#[$doc])*
        #[derive(CovariantFamily)]
        pub struct $name<'cap, const SIZE: usize = 0> {
            // Before the claim: fields are dropped in order.
            pub(super) window: Window<'cap, SIZE>,
            pub(super) claim: ClaimGuard,
        }

        impl<'cap, const SIZE: usize> $name<'cap, SIZE> {
            /// Keeps the window with the binding instead of in the driver's state. The result is a handle that may be
            /// stored anywhere; its documentation has an example.
            ///
            /// # Errors
            /// `Exhausted` when the binding has no room; the window is unclaimed then.
            pub fn into_devres(self) -> Result<$devres<SIZE>, Error> {
                // SAFETY: a claimed window borrows nothing, and may be used until its binding ends.
                unsafe { DevresLt::keep(self.claim.device(), self) }
            }

            /// Keeps the window claimed until the binding ends. The result and its parts can be stored beside each
            /// other; see [`Part`].
            pub fn keep(self) -> Part<'cap, SIZE> {
                // The claim is not ended here, but with the lease.
                ManuallyDrop::new(self).window.lasting()
            }

            /// The device, without a claim that it is bound.
            pub const fn device(&self) -> Device<'static, Plain> {
                self.claim.device()
            }
        }

        impl<'cap, const SIZE: usize> Deref for $name<'cap, SIZE> {
            type Target = Window<'cap, SIZE>;

            #[inline(always)]
            fn deref(&self) -> &Self::Target {
                &self.window
            }
        }

        impl<const SIZE: usize> fmt::Debug for $name<'_, SIZE> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.window.fmt(formatter)
            }
        }

        $(#[$handle_doc])*
        pub type $devres<const SIZE: usize = 0> = DevresLt<CovariantForLt!($name<'_, SIZE>)>;
    };
}

/// Lets parts of a window be lent with a payload. Not for an exclusive window: no other task may claim its bytes.
macro_rules! lends {
    ($($name:ident)*) => {$(
        impl<'cap, const SIZE: usize> $name<'cap, SIZE> {
            /// A part of the window, to lend with a payload: `length` bytes from `offset`, with
            /// `rights` that this task has itself.
            ///
            /// # Errors
            /// `Invalid` when it is not whole granules of the board (4 KiB with page tables, 32 bytes
            /// with a memory protection unit), smaller than `PART`, or outside the window.
            pub fn lend<const PART: usize>(
                &self,
                offset: usize,
                length: usize,
                rights: Rights,
            ) -> Result<LentWindow<'cap, PART>, Error> {
                LentWindow::new(&self.claim, self.window.len(), (offset, length), rights)
            }
        }
    )*};
}
lends!(IoMem Bar);

mapping! {
    /// Device registers, shared with other plain users of the same bytes.
    ///
    /// ```
    /// use driver_testing::Offer;
    /// use userlib::Error;
    /// use userlib::io::IoMem;
    /// use userlib::runtime::{Bound, Device};
    /// use userlib::sys::GrantKind;
    ///
    /// fn seconds(device: &Device<'_, Bound>) -> Result<u64, Error> {
    ///     let registers: IoMem<'_, 0x20> = device.io_mem("clock")?;
    ///     let low = registers.read32::<0x00>(); // checked when this is compiled
    ///     let high = registers.try_read32(0x04)?; // checked when it runs
    ///     assert_eq!(registers.try_read32(0x20), Err(Error::Invalid));
    ///     Ok(u64::from(high) << 32 | u64::from(low))
    /// }
    /// let offer = Offer::new("rtc", 0, 0).with_bytes("clock", GrantKind::Mmio, &[7, 0, 0, 0, 1], 0x20);
    /// assert_eq!(offer.bind(|device| seconds(device)), Ok(0x1_0000_0007));
    /// ```
    /// It ends with the binding:
    /// ```compile_fail
    /// use userlib::io::IoMem;
    /// use userlib::runtime::{Bound, Device};
    /// fn keep<'cap>(device: &Device<'cap, Bound>) -> IoMem<'static, 0x20> {
    ///     device.io_mem("clock").unwrap() // lifetime may not live long enough
    /// }
    /// ```
    IoMem, DevresIoMem,
    /// An [`IoMem`] that lives with the binding, behind a handle that may outlive it.
    ///
    /// ```
    /// use driver_testing::Offer;
    /// use userlib::Error;
    /// use userlib::io::DevresIoMem;
    /// use userlib::sys::GrantKind;
    ///
    /// let offer = Offer::new("rtc", 0, 0).with_bytes("clock", GrantKind::Mmio, &[7], 0x20);
    /// let kept: DevresIoMem<0x20> = offer.bind(|device| {
    ///     let kept: DevresIoMem<0x20> = device.io_mem("clock")?.into_devres()?;
    ///     // With the proof that the binding lasts, and without one:
    ///     assert_eq!(kept.access(device)?.get().read32::<0>(), 7);
    ///     let guard = kept.try_access().ok_or(Error::Revoked)?;
    ///     assert_eq!(guard.get().read32::<0>(), 7);
    ///     drop(guard);
    ///     Ok(kept)
    /// })?;
    /// assert!(kept.try_access().is_none(), "the binding is over");
    /// # Ok::<(), Error>(())
    /// ```
    /// The window does not leave the guard:
    /// ```compile_fail
    /// use userlib::io::{DevresIoMem, Window};
    /// fn escape(kept: &DevresIoMem<0x20>) -> Option<&Window<'_, 0x20>> {
    ///     let guard = kept.try_access()?;
    ///     Some(guard.get()) // returns a value referencing data owned by the current function
    /// }
    /// ```
}
mapping! {
    /// Device registers that no one else has claimed.
    ///
    /// ```
    /// use driver_testing::Offer;
    /// use userlib::Error;
    /// use userlib::io::ExclusiveIoMem;
    /// use userlib::runtime::{Bound, Device};
    /// use userlib::sys::GrantKind;
    ///
    /// fn send(device: &Device<'_, Bound>) -> Result<u8, Error> {
    ///     let registers: ExclusiveIoMem<'_, 8> = device.exclusive_io_mem(0)?;
    ///     assert_eq!(device.io_mem::<8>(0).err(), Some(Error::Busy));
    ///     registers.write8::<0>(b'x');
    ///     Ok(registers.read8::<0>())
    /// }
    /// let offer = Offer::new("uart", 0, 0).with_ones("registers", GrantKind::Mmio, 8);
    /// assert_eq!(offer.bind(|device| send(device)), Ok(b'x'));
    /// ```
    /// No part of it can be lent, because the child would be a second user.
    /// ```compile_fail
    /// use userlib::io::ExclusiveIoMem;
    /// use userlib::sys::Rights;
    /// fn lend(registers: &ExclusiveIoMem<'_, 0x1000>) {
    ///     let _ = registers.lend::<0x1000>(0, 0x1000, Rights::READ); // no method named `lend`
    /// }
    /// ```
    ExclusiveIoMem, DevresExclusiveIoMem,
    /// An [`ExclusiveIoMem`] that lives with the binding, behind a handle that may outlive it.
    ///
    /// ```
    /// use driver_testing::Offer;
    /// use userlib::Error;
    /// use userlib::io::DevresExclusiveIoMem;
    /// use userlib::sys::GrantKind;
    ///
    /// let offer = Offer::new("uart", 0, 0).with_bytes("registers", GrantKind::Mmio, &[7], 8);
    /// let kept = offer.bind(|device| {
    ///     // Any number of bytes: then offsets are checked when they are used.
    ///     let kept: DevresExclusiveIoMem = device.exclusive_io_mem(0)?.into_devres()?;
    ///     assert_eq!(kept.access(device)?.get().try_read8(0), Ok(7));
    ///     assert_eq!(device.io_mem::<8>(0).err(), Some(Error::Busy), "still claimed");
    ///     Ok(kept)
    /// })?;
    /// assert!(kept.try_access().is_none(), "the binding is over");
    /// # Ok::<(), Error>(())
    /// ```
    /// The window does not leave the guard:
    /// ```compile_fail
    /// use userlib::io::{DevresExclusiveIoMem, ExclusiveIoMem};
    /// fn escape<'a>(kept: &'a DevresExclusiveIoMem<8>) -> Option<&'a ExclusiveIoMem<'a, 8>> {
    ///     let guard = kept.try_access()?;
    ///     Some(guard.get()) // returns a value referencing data owned by the current function
    /// }
    /// ```
}
mapping! {
    /// A memory BAR of a PCI function. One driver binds the function, so it shares the BAR only with tasks that it
    /// lends a part to.
    ///
    /// ```
    /// use driver_testing::Offer;
    /// use userlib::Error;
    /// use userlib::io::Bar;
    /// use userlib::runtime::{Bound, Device};
    /// use userlib::sys::GrantKind;
    ///
    /// fn identify(device: &Device<'_, Bound>) -> Result<u32, Error> {
    ///     let bar: Bar<'_, 0x100> = device.bar(0)?;
    ///     Ok(bar.read32::<0>())
    /// }
    /// let offer = Offer::new("edu", 0, 0).with_bytes("bar0", GrantKind::Mmio, &[0xed, 0, 0, 1], 0x100);
    /// assert_eq!(offer.bind(|device| identify(device)), Ok(0x0100_00ed));
    /// ```
    /// An offset outside of the size does not compile:
    /// ```compile_fail
    /// use userlib::io::Bar;
    /// fn past(bar: &Bar<'_, 0x100>) -> u32 {
    ///     bar.read32::<0x100>() // the offset is past the window's size
    /// }
    /// # std::hint::black_box(past as fn(&Bar<'_, 0x100>) -> u32);
    /// ```
    Bar, DevresBar,
    /// A [`Bar`] that lives with the binding, behind a handle that may outlive it.
    ///
    /// ```
    /// use driver_testing::Offer;
    /// use userlib::Error;
    /// use userlib::io::DevresBar;
    /// use userlib::sys::GrantKind;
    ///
    /// let offer = Offer::new("edu", 0, 0).with_ones("bar2", GrantKind::Mmio, 0x40);
    /// let kept = offer.bind(|device| {
    ///     let kept: DevresBar<0x40> = device.bar(2)?.into_devres()?;
    ///     kept.access(device)?.get().write16::<0x3e>(7);
    ///     let guard = kept.try_access().ok_or(Error::Revoked)?;
    ///     assert_eq!(guard.get().read16::<0x3e>(), 7);
    ///     drop(guard);
    ///     Ok(kept)
    /// })?;
    /// assert!(kept.try_access().is_none(), "the binding is over");
    /// # Ok::<(), Error>(())
    /// ```
    /// The window does not leave the guard:
    /// ```compile_fail
    /// use userlib::io::{Bar, DevresBar};
    /// fn escape<'a>(kept: &'a DevresBar<8>) -> Option<&'a Bar<'a, 8>> {
    ///     let guard = kept.try_access()?;
    ///     Some(guard.get()) // returns a value referencing data owned by the current function
    /// }
    /// ```
}
