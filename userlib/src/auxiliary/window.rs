//! A part of the parent's device window that the child gets: at the parent a [`LentWindow`], at the child a [`Window`].

use super::{Lendable, Lender, Receiver, SubWindow};
use crate::io::{ClaimGuard, Window};
use crate::lend::WINDOW_GRANULE;
use crate::sys::{Error, Rights};
use core::fmt;
use core::marker::PhantomData;

/// The parent's end of a window in a payload: a part of a window of its own, to lend. The child receives it as a
/// [`Window`].
///
/// ```
/// use userlib::auxiliary::{LendRegion, Lendable, LentWindow, Registration};
/// use userlib::io::{Bar, Window};
/// use userlib::runtime::{Bound, Device};
/// use userlib::sys::Rights;
/// use userlib::{Error, ForLt};
///
/// /// What the child receives.
/// #[derive(Lendable)]
/// #[offer(QueueOffer<'a>)]
/// struct Queue<'a> {
///     doorbells: Window<'a, 0x1000>,
/// }
/// type QueueLt = ForLt!(Queue<'_>);
///
/// /// What the parent gives for it.
/// struct QueueOffer<'a> {
///     doorbells: LentWindow<'a, 0x1000>,
/// }
///
/// fn offer<'cap>(
///     device: &Device<'cap, Bound>,
///     region: &LendRegion<'cap>,
///     bar: &Bar<'cap, 0x4000>,
/// ) -> Result<Registration<'cap, QueueLt>, Error> {
///     let doorbells = bar.lend(0x3000, 0x1000, Rights::READ | Rights::WRITE)?;
///     Registration::new(device, region, "queue", 0, QueueOffer { doorbells })
/// }
///
/// /// In another task, which is bound to the auxiliary device.
/// fn ring(device: &Device<'_, Bound>) -> Result<(), Error> {
///     device.registration_data_with::<QueueLt, _>(|queue| {
///         // `Revoked` if the parent is gone; a plain `write32` would then be a fault.
///         queue.doorbells.try_write32(0, 1)
///     })?
/// }
/// ```
///
/// The parent reaches the registers by the window that it lends a part of, never by this:
///
/// ```compile_fail
/// # use userlib::auxiliary::LentWindow;
/// fn status(part: &LentWindow<'_, 0x1000>) -> u32 {
///     part.read32::<0>() // no method named `read32`
/// }
/// ```
/// A sub-window is whole granules of the board, because hardware protects no less: 4 KiB with page
/// tables, 32 bytes with a memory protection unit.
pub struct LentWindow<'cap, const SIZE: usize = 0> {
    part: SubWindow,
    binding: PhantomData<&'cap ()>,
}

impl<const SIZE: usize> LentWindow<'_, SIZE> {
    /// The part from `offset` on, of a claimed window of `window` bytes.
    ///
    /// # Errors
    /// `Invalid`: not whole granules, or outside the window.
    pub(crate) fn new(
        claim: &ClaimGuard,
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
            part: SubWindow {
                device,
                grant,
                offset,
                length,
                rights,
            },
            binding: PhantomData,
        })
    }
}

impl<const SIZE: usize> fmt::Debug for LentWindow<'_, SIZE> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (offset, length) = (self.part.offset, self.part.length);
        write!(formatter, "LentWindow({offset:#x}+{length:#x})")
    }
}

/// A child cannot lend a received window on: it claims what it wants to lend by itself.
impl<'a, const SIZE: usize> Lendable<'a> for Window<'a, SIZE> {
    type Offer = LentWindow<'a, SIZE>;

    fn lend(offer: &LentWindow<'a, SIZE>, to: &mut Lender<'_>) -> Result<(), Error> {
        to.put_window(offer.part)
    }

    fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        let (info, base) = from.take_window()?;
        let length = usize::try_from(info.length).map_err(|_| Error::Protocol)?;
        let writable = info.rights.contains(Rights::WRITE);
        // SAFETY: just claimed, until the binding ends or the payload is refused.
        unsafe { Window::new(base, length, writable) }.map_err(|_| Error::Protocol)
    }
}
