//! Windows that a driver claimed: owners of a [`Window`].
//!
//! Each is a family by itself: `ForLt!(Bar<'_, SIZE>)` works in a function generic over `SIZE`.

use super::{Claim, Select, Window};
use crate::auxiliary::LentWindow;
use crate::runtime::{Bound, Device, Plain};
use crate::sys::{ClaimMode, Error, GrantKind, Rights};
use crate::{CovariantForLt, DevresLt};
use core::fmt;
use core::ops::Deref;
use for_lt::CovariantFamily;

/// Declares one kind of owner, its family and its revocable handle.
macro_rules! mapping {
    ($(#[$doc:meta])* $name:ident, $devres:ident, $handle_doc:literal) => {
        $(#[$doc])*
        #[derive(CovariantFamily)]
        pub struct $name<'cap, const SIZE: usize = 0> {
            // Before the claim: fields are dropped in order.
            window: Window<'cap, SIZE>,
            claim: Claim,
        }

        impl<'cap, const SIZE: usize> $name<'cap, SIZE> {
            /// Keeps the window with the binding instead of in the driver's state.
            ///
            /// # Errors
            /// `Exhausted` when the binding has no room; the window is unclaimed then.
            pub fn into_devres(self) -> Result<$devres<SIZE>, Error> {
                // SAFETY: a claimed window borrows nothing, and may be used until its binding ends.
                unsafe { DevresLt::keep(self.claim.device(), self) }
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

        #[doc = $handle_doc]
        pub type $devres<const SIZE: usize = 0> = DevresLt<CovariantForLt!($name<'_, SIZE>)>;
    };
}

/// Lets parts of a window go with a payload. Not of an exclusive one: nobody else may claim its bytes.
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
                LentWindow::parent(&self.claim, self.window.len(), (offset, length), rights)
            }
        }
    )*};
}
lends!(IoMem Bar);

mapping! {
    /// Device registers, shared with other plain users of the same bytes.
    IoMem, DevresIoMem, "An [`IoMem`] that lives with the binding."
}
mapping! {
    /// Device registers that nobody else has claimed.
    ExclusiveIoMem, DevresExclusiveIoMem, "An [`ExclusiveIoMem`] that lives with the binding."
}
mapping! {
    /// A memory BAR of a PCI function. The function is bound to one driver, so it is shared only with
    /// whom that driver lends a part of it to.
    Bar, DevresBar, "A [`Bar`] that lives with the binding."
}

/// Names of the grants that hold BARs.
const BARS: [&str; 6] = ["bar0", "bar1", "bar2", "bar3", "bar4", "bar5"];

/// Claims device registers.
fn claim<'cap, const SIZE: usize>(
    device: &Device<'cap, Bound>,
    select: Select<'_>,
    mode: ClaimMode,
) -> Result<(Window<'cap, SIZE>, Claim), Error> {
    let (claim, info, base) = Claim::new(device, GrantKind::Mmio, select, mode, 0)?;
    let length = usize::try_from(info.length).map_err(|_| Error::Invalid)?;
    let writable = Rights::from_bits_truncate(info.rights).contains(Rights::WRITE);
    // SAFETY: just claimed, and kept by the claim for `'cap`.
    let window = unsafe { Window::new(base, length, writable)? };
    Ok((window, claim))
}

impl<'cap> Device<'cap, Bound> {
    /// Claims device registers by index or name, beside others.
    ///
    /// # Errors
    /// `NoDevice` when absent, `Busy` when somebody has it exclusively, `Invalid` when it is
    /// empty or smaller than `SIZE`, `Revoked`.
    pub fn io_mem<'s, const SIZE: usize>(
        &self,
        select: impl Into<Select<'s>>,
    ) -> Result<IoMem<'cap, SIZE>, Error> {
        let (window, claim) = claim(self, select.into(), ClaimMode::Shared)?;
        Ok(IoMem { window, claim })
    }

    /// Claims device registers by index or name, alone.
    ///
    /// # Errors
    /// As [`Device::io_mem`]; `Busy` when anybody uses any of it.
    pub fn exclusive_io_mem<'s, const SIZE: usize>(
        &self,
        select: impl Into<Select<'s>>,
    ) -> Result<ExclusiveIoMem<'cap, SIZE>, Error> {
        let (window, claim) = claim(self, select.into(), ClaimMode::Exclusive)?;
        Ok(ExclusiveIoMem { window, claim })
    }

    /// Claims memory BAR `number` (0–5) of a PCI function.
    ///
    /// # Errors
    /// As [`Device::io_mem`].
    pub fn bar<const SIZE: usize>(&self, number: usize) -> Result<Bar<'cap, SIZE>, Error> {
        let name = BARS.get(number).ok_or(Error::NoDevice)?;
        let (window, claim) = claim(self, Select::Name(name), ClaimMode::Shared)?;
        Ok(Bar { window, claim })
    }
}
