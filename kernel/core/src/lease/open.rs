//! Drafts: a lease is opened, filled, and offered.

use super::links::{Chain, List, NIL};
use super::table::{Lease, ROOT};
use crate::schedule::bit;
use crate::{Hardware, Kernel};
use leasehold_abi::{Error, LeaseEvent, LeaseState, RevokeMode};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// A lease that the current task holds and that is in force.
    #[inline(never)]
    pub(crate) fn held(&self, handle: usize) -> Result<u16, Error> {
        let slot = self.leases.resolve(handle as u32)?;
        let lease = &self.leases.records[slot as usize];
        if lease.state == LeaseState::Active && lease.lessee as usize == self.current {
            Ok(slot)
        } else {
            Err(Error::Revoked)
        }
    }

    /// A lease that the current task holds and has not released; it may be ending.
    #[inline(never)]
    pub(crate) fn held_or_ending(&self, handle: usize) -> Result<u16, Error> {
        let slot = self.leases.resolve(handle as u32)?;
        let lease = &self.leases.records[slot as usize];
        if matches!(lease.state, LeaseState::Active | LeaseState::Ending)
            && lease.lessee as usize == self.current
        {
            Ok(slot)
        } else {
            Err(Error::Revoked)
        }
    }

    /// A lease that the current task lent; it may be a draft, or in any state but free.
    #[inline(never)]
    pub(crate) fn lent(&self, handle: usize) -> Result<u16, Error> {
        let slot = self.leases.resolve(handle as u32)?;
        if self.leases.records[slot as usize].lessor as usize == self.current {
            Ok(slot)
        } else {
            Err(Error::Revoked)
        }
    }

    /// A draft of the current task.
    #[inline(never)]
    pub(crate) fn draft(&self, handle: usize) -> Result<u16, Error> {
        let slot = self.lent(handle)?;
        if self.leases.records[slot as usize].state == LeaseState::Draft {
            Ok(slot)
        } else {
            Err(Error::Invalid)
        }
    }

    /// [`Call::LeaseOpen`](leasehold_abi::Call::LeaseOpen).
    ///
    /// `Revoked` for a parent that the caller does not hold, `Invalid` for an index that names
    /// no task or the caller, `Denied` for a task that the manifest does not let it lend to,
    /// `Dead` for one that is not alive, `Exhausted` when no slot of the caller's share is free.
    pub(crate) fn lease_open(&mut self, arguments: [usize; 6]) -> Result<usize, Error> {
        let [parent, lessee, label, id, low, high] = arguments;
        let parent = self.held(parent)?;
        let lessor = self.current;
        let lessee = self.task_index(lessee)?;
        if lessee == lessor {
            return Err(Error::Invalid);
        }
        if lessee != 0 && self.config_of(lessor).lends & bit(lessee) == 0 {
            return Err(Error::Denied);
        }
        if !self.tasks[lessee].is_alive() {
            return Err(Error::Dead);
        }
        let slot = self.leases.open(&mut self.tasks[lessor].free)?;
        let lease = &mut self.leases.records[slot as usize];
        lease.lessor = lessor as u8;
        lease.lessee = lessee as u8;
        lease.lessor_handle = self.tasks[lessor].handle;
        lease.lessee_handle = self.tasks[lessee].handle;
        lease.label = label as u32;
        lease.id = id as u32;
        lease.payload_type = low as u32 as u64 | (high as u32 as u64) << 32;
        lease.parent = parent;
        self.tasks[lessor].lent_count += 1;
        let mut children = self.leases.records[parent as usize].children;
        children.push(&mut self.leases.records, Chain::Siblings, slot);
        self.leases.records[parent as usize].children = children;
        Ok(self.leases.handle(slot) as usize)
    }

    /// [`Call::LeaseOffer`](leasehold_abi::Call::LeaseOffer).
    ///
    /// `Revoked` when the caller no longer holds the parent, `Dead` when the life that the
    /// draft was opened for is over (the draft stays; revoke it).
    pub(crate) fn lease_offer(&mut self, handle: usize) -> Result<(), Error> {
        let slot = self.draft(handle)?;
        let Lease {
            parent,
            lessee,
            lessee_handle,
            ..
        } = self.leases.records[slot as usize];
        if self.leases.records[parent as usize].state != LeaseState::Active {
            return Err(Error::Revoked);
        }
        let task = &self.tasks[lessee as usize];
        if task.handle != lessee_handle || !task.is_alive() {
            return Err(Error::Dead);
        }
        self.leases.records[slot as usize].state = LeaseState::Active;
        self.hold(slot, lessee as usize);
        self.queue_event(slot, LeaseEvent::Offered);
        Ok(())
    }

    /// Put a lease among those that a task holds.
    pub(crate) fn hold(&mut self, slot: u16, lessee: usize) {
        self.tasks[lessee]
            .held
            .push(&mut self.leases.records, Chain::Held, slot);
        self.tasks[lessee].held_count += 1;
    }

    /// [`Call::LeaseRevoke`](leasehold_abi::Call::LeaseRevoke). The root is nobody's to revoke.
    pub(crate) fn lease_revoke(&mut self, handle: usize, mode: usize) -> Result<(), Error> {
        let mode = match mode {
            0 => RevokeMode::Orderly,
            1 => RevokeMode::Hard,
            _ => return Err(Error::Invalid),
        };
        let slot = self.lent(handle)?;
        self.end_lease(slot, mode, self.current);
        let lease = &self.leases.records[slot as usize];
        if self.reaper.is_idle() && lease.due {
            self.alarm_by(lease.deadline);
        }
        Ok(())
    }

    /// [`Call::LeaseRelease`](leasehold_abi::Call::LeaseRelease). `Denied` for the root.
    pub(crate) fn lease_release(&mut self, handle: usize) -> Result<(), Error> {
        let slot = self.held_or_ending(handle)?;
        if slot == ROOT {
            return Err(Error::Denied);
        }
        self.release_lease(slot, self.current);
        Ok(())
    }

    /// Take a lease that is over out of its lists, and its slot back. It has no children.
    pub(crate) fn close_lease(&mut self, slot: u16) {
        let Lease { lessor, parent, .. } = self.leases.records[slot as usize];
        let next_sibling = self.leases.records[slot as usize].next(Chain::Siblings);
        self.tasks[lessor as usize].lent_count -= 1;
        let above = &mut self.leases.records[parent as usize];
        if above.child_cursor == slot {
            above.child_cursor = next_sibling;
        }
        let mut children: List = above.children;
        children.remove(&mut self.leases.records, Chain::Siblings, slot);
        self.leases.records[parent as usize].children = children;
        self.leases
            .close(slot, &mut self.tasks[lessor as usize].free);
        let above = &self.leases.records[parent as usize];
        if above.state == LeaseState::Released && children.first == NIL && !above.queued {
            self.queue_lease(parent, lessor as usize);
        }
        self.settle(lessor as usize);
    }
}
