//! One binding of the task, from offer to release.

use super::ranges::Ranges;
use crate::sys::{self, Error, GrantInfo, LeaseHandle};
use crate::timer::TimerState;
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

/// How the leases of a binding, and after everything else its memory, end.
pub(crate) struct EndsOffers {
    /// Ends all leases.
    pub(crate) leases: fn(&Slot, &super::Task),
    /// Gives the memory back to the arena. Nothing of the binding is left that could reach it.
    pub(crate) memory: fn(&Slot, &super::Task),
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
    pub(crate) timer: Cell<TimerState>,
    /// Whether the futures of the binding serve requests.
    pub(crate) serves: Cell<bool>,
    /// Its place in the tables.
    pub(super) index: Cell<u8>,
    /// How the values tied to the binding end, once there are any: true when all are gone. So a driver that has none
    /// has no code for that.
    pub(super) ends_values: Cell<Option<EndsValues>>,
    /// How what the driver registered ends, once there is anything.
    pub(super) ends_offers: Cell<Option<&'static EndsOffers>>,
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
            timer: Cell::new(TimerState::Free),
            serves: Cell::new(false),
            index: Cell::new(0),
            ends_values: Cell::new(None),
            ends_offers: Cell::new(None),
            kept: Cell::new(None),
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
    pub(crate) fn begin(&self, index: u8, lease: LeaseHandle, label: u32, id: u32) {
        self.index.set(index);
        sys::hold(lease);
        self.lease.set(lease);
        self.label.set(label);
        self.id.set(id);
        self.busy.set(None);
        self.phase.set(Phase::Bound);
    }

    /// A grant by kind and selection.
    pub(crate) fn find(
        &self,
        kind: sys::GrantKind,
        select: &crate::io::Select<'_>,
    ) -> Result<(usize, GrantInfo), Error> {
        // How many of the kind come before it, and its label.
        let (mut before, label) = match *select {
            crate::io::Select::Index(index) => (index, None),
            crate::io::Select::Name(name) => (0, Some(sys::label(name))),
        };
        // Each driver has this. By way of `grants` it would be 22 bytes larger.
        for index in 0.. {
            let Ok(grant) = sys::grant_info(self.lease.get(), index) else {
                break;
            };
            if grant.kind == kind && label.is_none_or(|label| label == grant.label) {
                if before == 0 {
                    return Ok((index, grant));
                }
                before -= 1;
            }
        }
        Err(Error::NoDevice)
    }
}
