//! The child's side: the payload of the auxiliary device that it is bound to.

use super::lent::copy_in;
use super::memory::LentMemory;
use super::payload_type;
use super::{Lendable, PAYLOAD, PAYLOAD_LENGTH, Receiver, SHARED};
use crate::io::{ClaimGuard, Select};
use crate::runtime::{Bound, Device};
use crate::sys::{self, ClaimMode, Error, GrantKind, Notifications, Rights};
use crate::{CovariantForLt, ForLt};
use core::alloc::Layout;
use core::any::TypeId;
use core::cell::Cell;
use core::mem::ManuallyDrop;
use core::pin::Pin;
use core::ptr::NonNull;
use for_lt::family_id;
use leasehold_abi::PayloadType;

/// The payload of one binding, once it was taken.
pub(crate) struct ReceivedPayload {
    /// The payload's family, and where it is in the binding's values.
    taken: Cell<Option<(TypeId, NonNull<u8>)>>,
}

impl ReceivedPayload {
    /// Not taken.
    pub(crate) const fn new() -> Self {
        Self {
            taken: Cell::new(None),
        }
    }

    /// The binding is over.
    pub(crate) fn forget(&self) {
        self.taken.set(None);
    }
}

impl<'cap> Device<'cap, Bound> {
    /// The payload of the auxiliary device, for families whose lifetime may be shortened.
    ///
    /// It is copied and checked on the first use, and stays as long as the binding.
    ///
    /// # Errors
    /// `NotFound` when the device has none, `Invalid` when it is of another type, `Protocol` when
    /// it is none at all, `Exhausted` without room for it, `Revoked`.
    pub fn registration_data<F: CovariantForLt + 'static>(
        &self,
    ) -> Result<Pin<&'cap F::Of<'cap>>, Error>
    where
        for<'a> F::Of<'a>: Lendable<'a>,
    {
        let payload = self.payload::<F>()?;
        // SAFETY: it stays in place, and is never dropped, until the binding ends.
        Ok(unsafe { Pin::new_unchecked(payload.as_ref()) })
    }

    /// Calls `access` with the payload of the auxiliary device, of any family.
    ///
    /// The lifetime of the borrow is apart from the one inside the payload, so that nothing that
    /// is borrowed can be put into the payload:
    ///
    /// ```compile_fail
    /// use core::cell::Cell;
    /// use userlib::auxiliary::{Lendable, Lent, Receiver, Lender};
    /// use userlib::runtime::{Bound, Device};
    /// use userlib::{Error, ForLt};
    /// struct Queue<'a> { number: Lent<'a, u32>, kept: Cell<Option<&'a Lent<'a, u32>>> }
    /// impl<'a> Lendable<'a> for Queue<'a> {
    ///     type Offer = Self;
    ///     fn lend(offer: &Self, to: &mut Lender<'_>) -> Result<(), Error> { Lent::lend(&offer.number, to) }
    ///     fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
    ///         Ok(Self { number: Lent::receive(from)?, kept: Cell::new(None) })
    ///     }
    /// }
    /// fn keep(device: &Device<'_, Bound>) -> Result<(), Error> {
    ///     device.registration_data_with::<ForLt!(Queue<'_>), _>(|queue| {
    ///         queue.kept.set(Some(&queue.get_ref().number)); // borrowed data escapes
    ///     })
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`Device::registration_data`].
    pub fn registration_data_with<F: ForLt + 'static, R>(
        &self,
        access: impl for<'r, 'a> FnOnce(Pin<&'r F::Of<'a>>) -> R,
    ) -> Result<R, Error>
    where
        for<'a> F::Of<'a>: Lendable<'a>,
    {
        let payload = self.payload::<F>()?;
        // SAFETY: as above; the borrow ends with the closure, and the device is bound meanwhile.
        Ok(access(unsafe { Pin::new_unchecked(payload.as_ref()) }))
    }

    /// Where the payload is, taken over from the parent if that has not been done.
    fn payload<F: ForLt + 'static>(&self) -> Result<NonNull<F::Of<'cap>>, Error>
    where
        for<'a> F::Of<'a>: Lendable<'a>,
    {
        const {
            assert!(
                !core::mem::needs_drop::<F::Of<'static>>(),
                "a payload is never dropped at the child: it must not need to be"
            );
        }
        let slot = self.live()?;
        let info = sys::lease_info(slot.lease.get())?;
        if info.payload_type == PayloadType::NONE {
            return Err(Error::NotFound);
        }
        if info.payload_type != payload_type::<F>() {
            return Err(Error::Invalid);
        }
        // The identity is a hash and crosses tasks; what is in memory here goes by the compiler's own.
        let family = family_id::<F>();
        let values = slot.values();
        if let Some((taken, place)) = values.received.taken.get() {
            return if taken == family {
                Ok(place.cast())
            } else {
                Err(Error::Invalid)
            };
        }
        // First the room, which nobody else sees: the claims cannot be undone once the payload is there.
        let room = values.reserve(Layout::new::<F::Of<'cap>>())?;
        let payload = self.take::<F>()?;
        let place = room.keep().cast::<F::Of<'cap>>();
        // SAFETY: the room has that layout and nobody else's value in it.
        unsafe { place.write(payload) };
        values.received.taken.set(Some((family, place.cast())));
        Ok(place)
    }

    /// Copies the payload and takes it apart.
    fn take<F: ForLt>(&self) -> Result<F::Of<'cap>, Error>
    where
        for<'a> F::Of<'a>: Lendable<'a>,
    {
        let (cells, cells_claim) = self.claim_memory(PAYLOAD, Rights::READ)?;
        let shared = match self.claim_memory(SHARED, Rights::READ | Rights::WRITE) {
            Ok(shared) => Some(shared),
            Err(Error::NoDevice) => None,
            Err(error) => return Err(error),
        };
        let place = shared.as_ref().map(|(place, _)| *place);
        let mut bytes = [0; PAYLOAD_LENGTH];
        let length = cells.length().min(PAYLOAD_LENGTH);
        // SAFETY: claimed just now, readable, and at least this long.
        unsafe { copy_in(cells.base(), &mut bytes[..length]) };
        let mut receiver = Receiver::new(&bytes[..length], cells, place, self);
        // On an error the claims are dropped. Parts of the payload that have them are gone by then: a part
        // names the binding's lifetime, so nothing but the payload can keep it.
        let payload = F::Of::<'cap>::receive(&mut receiver)?;
        // The payload lives as long as the binding, and so do the claims: until the lease is released.
        receiver.keep();
        let _ = ManuallyDrop::new((cells_claim, shared));
        Ok(payload)
    }

    /// Claims lent memory.
    fn claim_memory(&self, name: &str, rights: Rights) -> Result<(LentMemory, ClaimGuard), Error> {
        let (kind, mode) = (GrantKind::Memory, ClaimMode::Shared);
        let (claim, info, base) =
            ClaimGuard::new(self, kind, Select::Name(name), mode, Notifications::empty())?;
        if !info.rights.contains(rights) {
            return Err(Error::Protocol);
        }
        let length = usize::try_from(info.length).map_err(|_| Error::Protocol)?;
        let base = core::ptr::with_exposed_provenance_mut(base);
        let base = NonNull::new(base).ok_or(Error::Protocol)?;
        Ok((LentMemory::new(base, length), claim))
    }
}
