//! The parent's side: offering an auxiliary device.

use super::lent::copy_out;
use super::region::Place;
use super::{LendRegion, Lendable, Lender, PAYLOAD, SHARED, WINDOWS};
use crate::ForLt;
use crate::runtime::{Bound, Device, Plain, Task};
use crate::sys::{self, Error, LeaseHandle, RevokeMode, Rights};
use core::fmt;
use for_lt::payload_identity;

/// Index of the supervisor, which passes auxiliary devices on to those whom the manifest names.
const SUPERVISOR: usize = 0;

/// An auxiliary device on offer, with a payload of the family `F`.
///
/// Dropped, the child is unbound fully, then the payload is dropped. Forgotten, the runtime ends
/// it when the binding ends; the payload itself is then leaked.
///
/// ```
/// use userlib::auxiliary::{LendRegion, Lendable, Lent, Registration};
/// use userlib::runtime::{Bound, Device};
/// use userlib::{Error, ForLt};
///
/// #[derive(Lendable)]
/// struct Statistics<'a> {
///     version: u32,
///     received: Lent<'a, u64>,
/// }
///
/// fn offer<'cap>(
///     device: &Device<'cap, Bound>,
///     region: &LendRegion<'cap>,
/// ) -> Result<Registration<'cap, ForLt!(Statistics<'_>)>, Error> {
///     let received = region.cell(0)?.lent();
///     Registration::new(device, region, "statistics", 0, Statistics { version: 1, received })
/// }
///
/// /// In another task, which is bound to the auxiliary device.
/// fn received(device: &Device<'_, Bound>) -> Result<u64, Error> {
///     device.registration_data_with::<ForLt!(Statistics<'_>), _>(|data| data.received.read())?
/// }
/// ```
/// The payload names `'cap`, and a borrow of a local does not:
///
/// ```compile_fail
/// use userlib::auxiliary::{LendRegion, Registration};
/// use userlib::runtime::{Bound, Device};
/// use userlib::{Error, ForLt};
/// use userlib::auxiliary::Lent;
/// fn forge<'cap, 'x>(
///     device: &Device<'cap, Bound>, region: &LendRegion<'cap>, local: Lent<'x, u32>,
/// ) -> Result<Registration<'cap, ForLt!(Lent<'_, u32>)>, Error> {
///     Registration::new(device, region, "part", 0, local) // lifetime may not live long enough
/// }
/// ```
pub struct Registration<'cap, F: ForLt> {
    device: Device<'static, Plain>,
    lease: LeaseHandle,
    // Dropped after `drop` has run, so after the child has gone.
    payload: F::Of<'cap>,
}

impl<'cap, F: ForLt> Registration<'cap, F>
where
    for<'a> F::Of<'a>: Lendable<'a>,
{
    /// Offers the auxiliary device `<task>.<name>`, number `id`, with `payload` and the memory of `region`.
    ///
    /// # Errors
    /// `Invalid`: a part of the payload is of another region or device. `Busy`: the region is used
    /// by another registration. `Exhausted`: too long a payload, or a full table. `Revoked`.
    pub fn new(
        device: &Device<'cap, Bound>,
        region: &LendRegion<'cap>,
        name: &str,
        id: u32,
        payload: F::Of<'cap>,
    ) -> Result<Self, Error> {
        let slot = device.steady()?;
        if !region.device().is_same(device) {
            return Err(Error::Invalid);
        }
        if !slot.offers.has_room() {
            return Err(Error::Exhausted);
        }
        let (cells, shared) = (region.cells(), region.shared());
        let place = Place::new(cells.base, cells.length());
        let shared_place = shared.map(|shared| Place::new(shared.base, shared.length()));
        let mut lender = Lender::new(device.plain(), place, shared_place);
        payload.lend(&mut lender)?;
        let (bytes, windows) = lender.finish();
        let label = full_label(name)?;
        if slot.offers.set_lent(cells, true) {
            return Err(Error::Busy);
        }
        // SAFETY: the payload's place is at the start of the cells, and not lent.
        unsafe { copy_out(&bytes, cells.base) };
        let identity = payload_identity::<F>();
        let offered = (|| {
            let draft = sys::lease_open(slot.lease.get(), SUPERVISOR, label, id, identity)?;
            let fill = || {
                let own = |range: crate::lend::Granules, rights, name| {
                    let address = range.base.as_ptr().expose_provenance();
                    // SAFETY: arena memory is only reached through pointers, by volatile and atomic accesses.
                    let index =
                        unsafe { sys::lease_add_own(draft, address, range.length(), rights)? };
                    sys::grant_label(draft, index, sys::label(name))
                };
                own(cells, Rights::READ | Rights::LEND, PAYLOAD)?;
                if let Some(shared) = shared {
                    own(shared, Rights::READ | Rights::WRITE | Rights::LEND, SHARED)?;
                }
                for (window, name) in windows.iter().flatten().zip(WINDOWS) {
                    let (offset, length) = (window.offset, window.length);
                    let rights = window.rights | Rights::LEND;
                    let index =
                        sys::lease_add(draft, window.lease, window.grant, offset, length, rights)?;
                    sys::grant_label(draft, index, sys::label(name))?;
                }
                sys::lease_offer(draft)
            };
            fill().inspect_err(|_| {
                // A draft ends at once.
                let _ = sys::lease_revoke(draft, RevokeMode::Orderly);
            })?;
            Ok(draft)
        })();
        let lease = offered.inspect_err(|_| {
            slot.offers.set_lent(cells, false);
        })?;
        // There is room, as was seen above.
        slot.offers.add(lease, cells)?;
        Ok(Self {
            device: device.plain(),
            lease,
            payload,
        })
    }
}

impl<'cap, F: ForLt> Registration<'cap, F> {
    /// What was offered.
    pub const fn payload(&self) -> &F::Of<'cap> {
        &self.payload
    }
}

impl<F: ForLt> Drop for Registration<'_, F> {
    fn drop(&mut self) {
        if self.device.is_bound() {
            self.device.slot().offers.end(Task::current(), self.lease);
        }
    }
}

impl<F: ForLt> fmt::Debug for Registration<'_, F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Registration({:?})", self.lease)
    }
}

/// The label of `<task>.<name>`.
fn full_label(name: &str) -> Result<u32, Error> {
    let own = sys::task_info(sys::task_self().index())?;
    let length = own
        .name
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(own.name.len());
    let mut full = [0; 64];
    let parts = [&own.name[..length], b".", name.as_bytes()];
    let mut used = 0;
    for part in parts {
        let room = full
            .get_mut(used..used + part.len())
            .ok_or(Error::Invalid)?;
        room.copy_from_slice(part);
        used += part.len();
    }
    let full = core::str::from_utf8(&full[..used]).map_err(|_| Error::Invalid)?;
    Ok(sys::label(full))
}
