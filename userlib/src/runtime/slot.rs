//! One binding of the task, from offer to release.

use super::ranges::Ranges;
use super::values::Values;
use crate::auxiliary::{Offers, Received};
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
    /// The values tied to the binding.
    pub(crate) values: Values,
    /// Auxiliary devices that the driver registered.
    pub(crate) offers: Offers,
    /// The payload that came with the device.
    pub(crate) received: Received,
    /// Once retired: the windows that a kept guard may reach.
    pub(super) kept: Ranges,
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
            values: Values::new(),
            offers: Offers::new(),
            received: Received::new(),
            kept: Ranges::new(),
        }
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

    /// Starts a binding.
    pub(crate) fn begin(&self, lease: LeaseHandle, label: u32, id: u32) {
        sys::hold(lease);
        self.lease.set(lease);
        self.label.set(label);
        self.id.set(id);
        self.busy.set(None);
        self.phase.set(Phase::Bound);
    }

    /// Ends registrations and values, then the binding. The driver's state is dropped before.
    pub(crate) fn end(&self, task: &super::Task, index: u8) {
        self.offers.end_all(task);
        let all_gone = self.values.end_all();
        if !all_gone {
            // Claimed or not: a hard end took the claims, and the windows are still in the value.
            self.grants().for_each(|(_, grant)| self.kept.add(&grant));
        }
        task.free_bits(index);
        // One that was forgotten; a value's end may be what the driver waited for.
        if self.timer.replace(Setting::Free).deadline().is_some() {
            task.set_timer();
        }
        self.received.forget();
        // `Revoked` when the kernel released it meanwhile: there is nothing left to give back.
        let _ = sys::release(self.lease.get());
        sys::let_go(self.lease.get());
        let next = self.generation.get().checked_add(1);
        self.generation.set(next.unwrap_or(0));
        // A slot whose generations are used up is never used again.
        if all_gone && next.is_some() {
            self.values.reset();
            self.offers.free_regions(task);
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
