//! A part of the parent's device window that the child gets.

use super::{Lendable, Lender, Receiver};
use crate::io::{Claim, Window};
use crate::lend::WINDOW_GRANULE;
use crate::runtime::{Device, Plain};
use crate::sys::{Error, Rights};
use core::fmt;

/// What the parent lends of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct SubWindow {
    pub(super) device: Device<'static, Plain>,
    pub(super) grant: usize,
    pub(super) offset: usize,
    pub(super) length: usize,
    pub(super) rights: Rights,
}

/// Either end of a window that is lent along with a payload.
enum End<'a, const SIZE: usize> {
    /// At the parent: what to lend.
    Parent(SubWindow),
    /// At the child: the claimed window.
    Child(Window<'a, SIZE>),
}

/// A part of a device window, lent to the child with the payload.
///
/// ```
/// use userlib::auxiliary::{LendRegion, Lendable, LentWindow, Registration};
/// use userlib::io::Bar;
/// use userlib::runtime::{Bound, Device};
/// use userlib::sys::Rights;
/// use userlib::{Error, ForLt};
///
/// #[derive(Lendable)]
/// struct Queue<'a> {
///     doorbells: LentWindow<'a, 0x1000>,
/// }
/// type QueueLt = ForLt!(Queue<'_>);
///
/// fn offer<'cap>(
///     device: &Device<'cap, Bound>,
///     region: &LendRegion<'cap>,
///     bar: &Bar<'cap, 0x4000>,
/// ) -> Result<Registration<'cap, QueueLt>, Error> {
///     let doorbells = bar.lend(0x3000, 0x1000, Rights::READ | Rights::WRITE)?;
///     Registration::new(device, region, "queue", 0, Queue { doorbells })
/// }
///
/// /// In another task, which is bound to the auxiliary device.
/// fn ring(device: &Device<'_, Bound>) -> Result<(), Error> {
///     device.registration_data_with::<QueueLt, _>(|queue| {
///         // `Revoked` if the parent is gone; a plain `write32` would then be a fault.
///         queue.doorbells.window()?.try_write32(0, 1)
///     })?
/// }
/// ```
///
/// A sub-window is whole granules of the board, because hardware protects no less: 4 KiB with page
/// tables, 32 bytes with a memory protection unit.
pub struct LentWindow<'a, const SIZE: usize = 0> {
    end: End<'a, SIZE>,
}

impl<'a, const SIZE: usize> LentWindow<'a, SIZE> {
    /// For the parent: the part from `offset` on.
    ///
    /// # Errors
    /// `Invalid`: not whole granules, or outside the window.
    pub(crate) fn parent(
        claim: &Claim,
        window: usize,
        (offset, length): (usize, usize),
        rights: Rights,
    ) -> Result<Self, Error> {
        let room = window.checked_sub(offset).ok_or(Error::Invalid)?;
        let whole = |bytes: usize| bytes.is_multiple_of(WINDOW_GRANULE);
        if length == 0 || length < SIZE || length > room || !whole(offset) || !whole(length) {
            return Err(Error::Invalid);
        }
        let ((_, grant), device) = (claim.grant(), claim.device());
        Ok(Self {
            end: End::Parent(SubWindow {
                device,
                grant,
                offset,
                length,
                rights,
            }),
        })
    }

    /// The window, at the child.
    ///
    /// # Errors
    /// `Invalid` at the parent, which has a window of its own.
    #[inline]
    pub const fn window(&self) -> Result<&Window<'a, SIZE>, Error> {
        match &self.end {
            End::Child(window) => Ok(window),
            End::Parent(_) => Err(Error::Invalid),
        }
    }
}

impl<'a, const SIZE: usize> Lendable<'a> for LentWindow<'a, SIZE> {
    fn lend(&self, to: &mut Lender<'_>) -> Result<(), Error> {
        match &self.end {
            End::Parent(window) => to.put_window(*window),
            // A child lends on what it has a lease of, by claiming it itself.
            End::Child(_) => Err(Error::Invalid),
        }
    }

    fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        let (info, base) = from.take_window()?;
        let length = usize::try_from(info.length).map_err(|_| Error::Protocol)?;
        let writable = info.rights.contains(Rights::WRITE);
        // SAFETY: just claimed, until the binding ends or the payload is refused.
        let window = unsafe { Window::new(base, length, writable) }.map_err(|_| Error::Protocol)?;
        Ok(Self {
            end: End::Child(window),
        })
    }
}

impl<const SIZE: usize> fmt::Debug for LentWindow<'_, SIZE> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.end {
            End::Parent(window) => write!(
                formatter,
                "LentWindow({:#x}+{:#x})",
                window.offset, window.length
            ),
            End::Child(window) => window.fmt(formatter),
        }
    }
}
