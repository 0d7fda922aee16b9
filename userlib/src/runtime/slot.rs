//! One binding of the task, from offer to release.

use super::ranges::Ranges;
use super::tables;
use super::values::Values;
use super::{Core, Device};
use crate::auxiliary::{self, Offers};
use crate::sys::{self, Error, GrantInfo, LeaseHandle};
use crate::timer::Setting;
use core::cell::Cell;

/// Where a slot is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing bound.
    Free,
    /// From probe on.
    Bound,
    /// The lease is ending; the driver's values are being dropped.
    Ending,
    /// Over, but a guard was kept: what it keeps alive stays until the task restarts.
    Retired,
}

/// Ends the values of a binding; true when all are gone.
type EndsValues = fn(&Slot) -> bool;

/// One binding.
pub(crate) struct Slot {
    /// Where it is.
    pub(crate) phase: Cell<Phase>,
    /// Advances when a binding ends, so that handles from before resolve to nothing.
    pub(crate) generation: Cell<u32>,
    /// The lease of the device.
    pub(crate) lease: Cell<LeaseHandle>,
    /// The device's label.
    pub(crate) label: Cell<u32>,
    /// The device's number among those of one label.
    pub(crate) id: Cell<u32>,
    /// The grant whose claim was refused last.
    pub(crate) busy: Cell<Option<u32>>,
    /// The binding's timer.
    pub(crate) timer: Cell<Setting>,
    /// Whether the futures of the binding serve requests.
    pub(crate) serves: Cell<bool>,
    /// Its place in the tables.
    index: Cell<u8>,
    /// How the values tied to the binding end, once there are any: true when all are gone. So a driver that has none
    /// has no code for that.
    ends_values: Cell<Option<EndsValues>>,
    /// How what the driver registered ends, once there is anything.
    ends_offers: Cell<Option<&'static auxiliary::Ends>>,
    /// Once retired: the windows that a kept guard may reach.
    pub(super) kept: Cell<Option<&'static Ranges>>,
}

impl Slot {
    /// A free one.
    pub(crate) const fn new() -> Self {
        Self {
            phase: Cell::new(Phase::Free),
            generation: Cell::new(0),
            lease: Cell::new(LeaseHandle::from_raw(0)),
            label: Cell::new(0),
            id: Cell::new(0),
            busy: Cell::new(None),
            timer: Cell::new(Setting::Free),
            serves: Cell::new(false),
            index: Cell::new(0),
            ends_values: Cell::new(None),
            ends_offers: Cell::new(None),
            kept: Cell::new(None),
        }
    }

    /// The device of this slot, the `index`-th, for a driver's function, which is generic in its lifetime.
    pub(super) fn device(&self, index: usize) -> Device<'static, Core> {
        Device::core(index as u8, self.generation.get())
    }

    /// Whether the binding with this generation has not ended.
    pub(crate) fn is_live(&self, generation: u32) -> bool {
        self.generation.get() == generation
            && matches!(self.phase.get(), Phase::Bound | Phase::Ending)
    }

    /// Whether the binding with this generation is neither over nor ending.
    pub(crate) fn is_steady(&self, generation: u32) -> bool {
        self.generation.get() == generation && self.phase.get() == Phase::Bound
    }

    /// The grants of the lease, in order.
    pub(crate) fn grants(&self) -> impl Iterator<Item = (usize, GrantInfo)> + use<> {
        let lease = self.lease.get();
        (0..).map_while(move |index| sys::grant_info(lease, index).ok().map(|info| (index, info)))
    }

    /// The values tied to the binding.
    pub(crate) fn values(&self) -> &'static Values {
        let place = tables::values()[usize::from(self.index.get())].get();
        if self.ends_values.get().is_none() {
            // SAFETY: there is room for it, and what was there has ended.
            unsafe { Values::make_at(place) };
            self.ends_values.set(Some(Self::end_values));
        }
        // SAFETY: written when it was first asked for, and only ever shared.
        unsafe { &*place }
    }

    /// The next use finds none, for tests.
    #[cfg(test)]
    pub(crate) fn forget_values(&self) {
        self.ends_values.set(None);
    }

    /// Ends them; true when all are gone.
    fn end_values(&self) -> bool {
        let values = self.values();
        let all_gone = values.end_all();
        if !all_gone {
            // Claimed or not: a hard end took the claims, and the windows are still in the value.
            self.grants().for_each(|(_, grant)| values.kept.add(&grant));
            self.kept.set(Some(&values.kept));
        }
        values.received.forget();
        all_gone
    }

    /// Auxiliary devices that the driver registered, and their memory.
    pub(crate) fn offers(&self) -> &'static Offers {
        let place = tables::offers()[usize::from(self.index.get())].get();
        if self.ends_offers.get().is_none() {
            // SAFETY: there is room for it, and what was there has ended.
            unsafe { place.write(Offers::new()) };
            self.ends_offers.set(Some(&Offers::ENDS));
        }
        // SAFETY: written when it was first asked for, and only ever shared.
        unsafe { &*place }
    }

    /// Starts a binding.
    pub(crate) fn begin(&self, index: u8, lease: LeaseHandle, label: u32, id: u32) {
        self.index.set(index);
        sys::hold(lease);
        self.lease.set(lease);
        self.label.set(label);
        self.id.set(id);
        self.busy.set(None);
        self.phase.set(Phase::Bound);
    }

    /// Ends registrations and values, then the binding. The driver's state is dropped before.
    pub(crate) fn end(&self, task: &super::Task, index: u8) {
        if let Some(offers) = self.ends_offers.get() {
            (offers.leases)(self, task);
        }
        let all_gone = self.ends_values.get().is_none_or(|end| end(self));
        task.free_bits(index);
        // One that was forgotten; a value's end may be what the driver waited for.
        if self.timer.replace(Setting::Free).deadline().is_some()
            && let Some(set_timer) = task.sets_timer.get()
        {
            set_timer(task);
        }
        // `Revoked` when the kernel released it meanwhile: there is nothing left to give back.
        let _ = sys::release(self.lease.get());
        sys::let_go(self.lease.get());
        let next = self.generation.get().checked_add(1);
        self.generation.set(next.unwrap_or(0));
        // A slot whose generations are used up is never used again.
        if all_gone && next.is_some() {
            self.ends_values.set(None);
            if let Some(offers) = self.ends_offers.get() {
                (offers.memory)(self, task);
                self.ends_offers.set(None);
            }
            self.phase.set(Phase::Free);
        } else {
            self.phase.set(Phase::Retired);
        }
    }

    /// A grant by kind and selection.
    pub(crate) fn find(
        &self,
        kind: sys::GrantKind,
        select: &crate::io::Select<'_>,
    ) -> Result<(usize, GrantInfo), Error> {
        let mut of_kind = self.grants().filter(|(_, grant)| grant.kind == kind);
        match *select {
            crate::io::Select::Index(index) => of_kind.nth(index),
            crate::io::Select::Name(name) => {
                let label = sys::label(name);
                of_kind.find(|(_, grant)| grant.label == label)
            }
        }
        .ok_or(Error::NoDevice)
    }
}
