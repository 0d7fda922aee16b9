//! What a binding lends: its regions and the leases on them. Kept here, so that forgetting a
//! registration or a region changes nothing.

use crate::lend::Granules;
use crate::runtime::{EndsOffers, Task};
use crate::sys::{self, Error, LeaseHandle, Message, Notifications, RevokeMode};
use core::cell::Cell;
use core::mem::ManuallyDrop;

/// Most auxiliary devices of one binding. A table takes 40 bytes for each, which small boards do not have.
const MOST: usize = if cfg!(target_pointer_width = "64") {
    16
} else {
    4
};

/// A region of the binding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RegionState {
    /// Payload and cells.
    pub(crate) cells: Granules,
    /// Locks.
    pub(crate) shared: Option<Granules>,
}

/// The tables of one binding.
pub(crate) struct Offers {
    regions: [Cell<Option<RegionState>>; MOST],
    /// Which of them a registration uses. Apart, so that an empty table is all zeros and takes no room in the image.
    lent: [Cell<bool>; MOST],
    leases: [Cell<Option<(LeaseHandle, Granules)>>; MOST],
    /// Which of the places for leases a registration under way has.
    reserved: [Cell<bool>; MOST],
}

/// A region, and a place for a lease on it, that a registration under way has. Dropped, both are free again.
pub(super) struct Reserved<'o> {
    offers: &'o Offers,
    index: usize,
    cells: Granules,
}

impl Reserved<'_> {
    /// The lease is in force: the region stays lent until it is ended.
    pub(super) fn fill(self, lease: LeaseHandle) {
        let reserved = ManuallyDrop::new(self);
        let (offers, index) = (reserved.offers, reserved.index);
        offers.leases[index].set(Some((lease, reserved.cells)));
        offers.reserved[index].set(false);
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        self.offers.reserved[self.index].set(false);
        self.offers.set_lent(self.cells, false);
    }
}

impl Offers {
    /// Nothing lent.
    #[cfg(not(target_os = "none"))]
    pub(crate) const fn new() -> Self {
        Self {
            regions: [const { Cell::new(None) }; MOST],
            lent: [const { Cell::new(false) }; MOST],
            leases: [const { Cell::new(None) }; MOST],
            reserved: [const { Cell::new(false) }; MOST],
        }
    }

    /// Makes an empty table where it is to lie. A value would be put together on the stack first, which it takes more
    /// of than anything else in a driver.
    ///
    /// # Safety
    /// There is room for it, and nobody else uses that.
    pub(crate) unsafe fn make_at(place: *mut Self) {
        for index in 0..MOST {
            // SAFETY: each is a part of the room that the caller answers for.
            unsafe {
                (&raw mut (*place).regions[index]).write(Cell::new(None));
                (&raw mut (*place).lent[index]).write(Cell::new(false));
                (&raw mut (*place).leases[index]).write(Cell::new(None));
                (&raw mut (*place).reserved[index]).write(Cell::new(false));
            }
        }
    }

    /// What a binding is to do at its end.
    pub(crate) const ENDS: EndsOffers = EndsOffers {
        leases: |slot, task| slot.offers().end_all(task),
        memory: |slot, task| slot.offers().free_regions(task),
    };

    /// Keeps a region until the binding ends.
    pub(super) fn keep(&self, region: RegionState) -> Result<(), Error> {
        let free = self.regions.iter().find(|cell| cell.get().is_none());
        free.ok_or(Error::Exhausted)?.set(Some(region));
        Ok(())
    }

    /// Marks the region with these cells as lent, or not; whether it was before.
    fn set_lent(&self, cells: Granules, lent: bool) -> bool {
        let is_it = |cell: &Cell<Option<RegionState>>| {
            cell.get().is_some_and(|region| region.cells == cells)
        };
        let index = self.regions.iter().position(is_it);
        index.is_some_and(|index| self.lent[index].replace(lent))
    }

    /// Takes a place for a lease on the region with these cells.
    ///
    /// # Errors
    /// `Exhausted` without a place, `Busy` when the region has one.
    pub(super) fn reserve(&self, cells: Granules) -> Result<Reserved<'_>, Error> {
        let free =
            |index: &usize| self.leases[*index].get().is_none() && !self.reserved[*index].get();
        let index = (0..MOST).find(free).ok_or(Error::Exhausted)?;
        if self.set_lent(cells, true) {
            return Err(Error::Busy);
        }
        self.reserved[index].set(true);
        Ok(Reserved {
            offers: self,
            index,
            cells,
        })
    }

    /// Ends a lease of the binding, and waits until nobody is let into its memory.
    pub(super) fn end(&self, task: &Task, lease: LeaseHandle) {
        for cell in &self.leases {
            if let Some((_, cells)) = cell.get().filter(|(kept, _)| *kept == lease) {
                end_lease(task, lease);
                self.set_lent(cells, false);
                cell.set(None);
            }
        }
    }

    /// Ends all leases of the binding.
    fn end_all(&self, task: &Task) {
        for cell in &self.leases {
            if let Some((lease, _)) = cell.take() {
                end_lease(task, lease);
            }
        }
    }

    /// Gives the binding's memory back to the arena. Nothing of the binding is left that could reach it.
    fn free_regions(&self, task: &Task) {
        for (cell, lent) in self.regions.iter().zip(&self.lent) {
            lent.set(false);
            if let Some(region) = cell.take() {
                task.arena.free(region.cells);
                region
                    .shared
                    .into_iter()
                    .for_each(|granules| task.arena.free(granules));
            }
        }
    }
}

/// Revokes a lease that this task lent and waits until it is over.
///
/// Meanwhile callers get `Unbound`: a child that is in a call to this task could not give
/// the lease back. A child that does not is stopped at its deadline, so this ends.
fn end_lease(task: &Task, lease: LeaseHandle) {
    if sys::lease_revoke(lease, RevokeMode::Orderly).is_err() {
        // It is over already.
        return;
    }
    let served = task.serving.get();
    if served {
        task.serve(false);
    }
    while sys::lease_info(lease).is_ok() {
        if let Err(error) = sys::receive(Notifications::LEASE, &mut Message::EMPTY.clone()) {
            panic!("waiting for a lease to end: {error}");
        }
        // The notification may have been for another lease as well.
        task.lease_events.set(true);
    }
    if served {
        task.serve(true);
    }
}
