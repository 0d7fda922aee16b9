//! The parent's side: offering an auxiliary device.

use super::lendable::Written;
use super::lent::copy_out;
use super::memory::LentMemory;
use super::parts::LeaseParts;
use super::payload_type;
use super::{LendRegion, Lendable, Lender, PAYLOAD, SHARED, WINDOWS};
use crate::ForLt;
use crate::lend::Granules;
use crate::runtime::{Bound, Device, Plain, Task};
use crate::supervisor::{self, Lessee};
use crate::sys::{self, Error, LeaseHandle, Rights};
use core::fmt;

/// Bytes of an auxiliary device's whole name at most.
const MOST_NAME: usize = 64;

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
pub struct Registration<'cap, F: ForLt>
where
    F::Of<'cap>: Lendable<'cap>,
{
    device: Device<'static, Plain>,
    lease: LeaseHandle,
    label: u32,
    // Dropped after `drop` has run, so after the child has gone.
    offer: Offer<'cap, F>,
}

/// What the parent gives for a payload of the family `F`.
type Offer<'cap, F> = <<F as ForLt>::Of<'cap> as Lendable<'cap>>::Offer;

impl<'cap, F: ForLt> Registration<'cap, F>
where
    for<'a> F::Of<'a>: Lendable<'a>,
{
    /// Offers the auxiliary device `<task>.<name>`, number `id`, with the memory of `region` and `offer`: what the
    /// parent gives for the payload. Only where the payload has a window is that another type than the payload.
    ///
    /// # Errors
    /// `Invalid`: a part of the payload is of another region or device. `Busy`: the region is used by another
    /// registration. `Exhausted`: too long a payload, or a full table. `Denied`: `name` is not among the task's
    /// `offers` in the manifest, or the task has registered more than there are bindings of them, and more than four.
    /// `Revoked`. After an error nothing is offered, and region and table are as before.
    pub fn new(
        device: &Device<'cap, Bound>,
        region: &LendRegion<'cap>,
        name: &str,
        id: u32,
        offer: Offer<'cap, F>,
    ) -> Result<Self, Error> {
        let slot = device.steady()?;
        if !region.device().is_same(device) {
            return Err(Error::Invalid);
        }
        let label = full_label(name)?;
        // Before any code of the payload: that may register others.
        let place = slot.offers().reserve(region.cells())?;
        let (bytes, windows) = lend_out::<F>(&offer, region)?;
        // SAFETY: the payload's room is at the start of the cells, which nobody was let into yet.
        unsafe { copy_out(&bytes, region.cells().base) };
        let mut parts = LeaseParts::new();
        parts.add_own(region.cells(), Rights::READ | Rights::LEND, PAYLOAD);
        if let Some(shared) = region.shared() {
            let rights = Rights::READ | Rights::WRITE | Rights::LEND;
            parts.add_own(shared, rights, SHARED);
        }
        for (window, name) in windows.iter().flatten().zip(WINDOWS) {
            parts.add_window(window, name);
        }
        let payload_type = payload_type::<F>();
        let parent = slot.lease.get();
        let lease = sys::lease_lend(
            parent,
            SUPERVISOR,
            label,
            id,
            payload_type,
            parts.as_slice(),
        )?;
        // The supervisor goes before every task, so by now it has looked at the offer, and given it back at once if
        // this task is not to make it.
        if sys::lease_info(lease).is_err() {
            crate::log!(
                "`{name}` is refused: not among its `offers` in the manifest, or one too many"
            );
            return Err(Error::Denied);
        }
        place.fill(lease);
        Ok(Self {
            device: device.plain(),
            lease,
            label,
            offer,
        })
    }
}

/// The payload as bytes, and the windows that go with it.
fn lend_out<'cap, F: ForLt>(
    offer: &Offer<'cap, F>,
    region: &LendRegion<'cap>,
) -> Result<Written, Error>
where
    F::Of<'cap>: Lendable<'cap>,
{
    let place = |granules: Granules| LentMemory::new(granules.base, granules.length());
    let cells = place(region.cells());
    let mut lender = Lender::new(region.device(), cells, region.shared().map(place));
    <F::Of<'cap>>::lend(offer, &mut lender)?;
    Ok(lender.finish())
}

impl<'cap, F: ForLt> Registration<'cap, F>
where
    F::Of<'cap>: Lendable<'cap>,
{
    /// [`label`](crate::sys::label) of the auxiliary device's whole name.
    pub const fn label(&self) -> u32 {
        self.label
    }

    /// Who has the auxiliary device: the life of the child, and its lease, if one has it. When that lease ends, this
    /// task gets [`LET_GO`](crate::supervisor::LET_GO).
    ///
    /// # Errors
    /// `Revoked` once the registration is over, or as those of a call to the supervisor.
    pub fn lessee(&self) -> Result<Option<Lessee>, Error> {
        match supervisor::connect()?.lessee(self.lease) {
            Ok(lessee) => Ok(Some(lessee)),
            Err(Error::Unbound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What was offered.
    pub const fn offer(&self) -> &Offer<'cap, F> {
        &self.offer
    }
}

impl<'cap, F: ForLt> Drop for Registration<'cap, F>
where
    F::Of<'cap>: Lendable<'cap>,
{
    fn drop(&mut self) {
        if self.device.is_bound() {
            self.device.slot().offers().end(Task::current(), self.lease);
        }
    }
}

impl<'cap, F: ForLt> fmt::Debug for Registration<'cap, F>
where
    F::Of<'cap>: Lendable<'cap>,
{
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Registration({:?})", self.lease)
    }
}

impl Device<'_, Bound> {
    /// Whether the manifest has this task offer an auxiliary device of this name: for a driver that could offer many.
    ///
    /// # Errors
    /// `Revoked`, or as those of a call to the supervisor.
    pub fn offers(&self, name: &str) -> Result<bool, Error> {
        self.steady()?;
        let label = full_label(name)?;
        Ok(supervisor::connect()?.is_offered(label)? != 0)
    }
}

/// The label of `<task>.<name>`, from label to label: a driver needs no code to put the text together.
fn full_label(name: &str) -> Result<u32, Error> {
    let own = sys::task_info(sys::task_self().index())?.name;
    let own = own.used();
    if own.len() + 1 + name.len() > MOST_NAME {
        return Err(Error::Invalid);
    }
    let dotted = sys::label_after(sys::label_after(sys::label(""), own), b".");
    Ok(sys::label_after(dotted, name.as_bytes()))
}
