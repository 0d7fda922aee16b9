//! How leases end: revoked, released, or with a task; and the reaper's steps for it.
//!
//! Ending one lease is a few stores. What is derived from it, and what is claimed through
//! it, is left to the reaper: each lease in its queue has a cursor into its derived leases
//! and one into its grants.

use super::links::{Chain, NIL};
use super::table::Claim;
use crate::{Hardware, Kernel};
use leasehold_abi::{GrantKind, LeaseEvent, LeaseState, Notifications, RevokeMode};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// Revoke a lease, or make a revocation harder.
    ///
    /// Most leases have nothing derived from them and one grant: such a lease ends here, and
    /// the reaper need not see it again.
    #[inline(never)]
    pub(crate) fn end_lease(&mut self, slot: u16, mode: RevokeMode, account: usize) {
        let lease = &mut self.leases.records[slot as usize];
        let active = lease.state == LeaseState::Active;
        if lease.state == LeaseState::Draft {
            self.close_lease(slot);
            return;
        }
        let harder = lease.state == LeaseState::Ending
            && mode == RevokeMode::Hard
            && lease.mode == RevokeMode::Orderly;
        if !active && !harder {
            return;
        }
        lease.state = LeaseState::Ending;
        lease.mode = mode;
        lease.child_cursor = lease.children.first;
        lease.grant_cursor = if mode == RevokeMode::Hard {
            lease.first_grant
        } else {
            NIL
        };
        let alone = lease.child_cursor == NIL && !lease.queued;
        if active {
            self.begin_deadline(slot);
        }
        // An interrupt that came meanwhile does not wait for the grant as well.
        let go_on = alone && !self.hardware.interrupt_pending();
        if !(go_on && self.grant_step(slot, false)) {
            self.queue_lease(slot, account);
        }
    }

    /// Tell a living lessee that the lease ends, and until when.
    #[inline(always)]
    fn begin_deadline(&mut self, slot: u16) {
        let lease = &mut self.leases.records[slot as usize];
        let lessee = lease.lessee as usize;
        let task = &mut self.tasks[lessee];
        if !task.is_alive() {
            return;
        }
        // Every deadline of one lessee is as far off as the next, so the list stays in order.
        let deadline = self.hardware.now().saturating_add(task.release_ticks);
        lease.deadline = deadline;
        lease.due = true;
        let queued = lease.event != 0;
        lease.event = LeaseEvent::Ending as u8;
        let first = task.ending.first == NIL;
        task.ending
            .push(&mut self.leases.records, Chain::Ending, slot);
        if !queued {
            task.events
                .push(&mut self.leases.records, Chain::Events, slot);
        }
        if first {
            self.overdue.set(lessee, deadline);
        }
        // With the bit set, it does not wait for it.
        if task.pending & Notifications::LEASE.bits() == 0 {
            self.post(lessee, Notifications::LEASE);
        }
    }

    /// The lease need not be given back any more.
    fn end_deadline(&mut self, slot: u16) {
        let lease = &mut self.leases.records[slot as usize];
        if !lease.due {
            return;
        }
        lease.due = false;
        let lessee = lease.lessee as usize;
        let was_first = self.tasks[lessee].ending.first == slot;
        self.tasks[lessee]
            .ending
            .remove(&mut self.leases.records, Chain::Ending, slot);
        if was_first {
            self.arm_overdue(lessee);
        }
    }

    #[inline(never)]
    fn arm_overdue(&mut self, lessee: usize) {
        let first = self.tasks[lessee].ending.first;
        match self.leases.records.get(first as usize) {
            Some(lease) if self.tasks[lessee].is_alive() => {
                self.overdue.set(lessee, lease.deadline)
            }
            _ => self.overdue.clear(lessee),
        }
    }

    /// The lessee gives a lease up, of itself or by its end. It is active or ending.
    pub(crate) fn release_lease(&mut self, slot: u16, account: usize) {
        self.end_deadline(slot);
        self.cancel_event(slot);
        let lease = &mut self.leases.records[slot as usize];
        let lessee = lease.lessee as usize;
        lease.state = LeaseState::Released;
        lease.child_cursor = lease.children.first;
        lease.grant_cursor = lease.first_grant;
        self.tasks[lessee]
            .held
            .remove(&mut self.leases.records, Chain::Held, slot);
        self.queue_lease(slot, account);
    }

    /// Have the reaper look at a lease.
    #[inline(never)]
    pub(crate) fn queue_lease(&mut self, slot: u16, account: usize) {
        self.reaper.charge(account);
        let lease = &mut self.leases.records[slot as usize];
        if !lease.queued {
            lease.queued = true;
            self.reaper
                .leases
                .push(&mut self.leases.records, Chain::Work, slot);
        }
    }

    /// The reaper's step for the first lease in its queue.
    pub(crate) fn lease_step(&mut self, slot: u16) {
        let lease = &mut self.leases.records[slot as usize];
        let released = lease.state == LeaseState::Released;
        let child = lease.child_cursor;
        if child != NIL {
            // What a lessee derived ends hard once it has given the lease up.
            let mode = if released {
                RevokeMode::Hard
            } else {
                lease.mode
            };
            let lessee = lease.lessee as usize;
            let next = self.leases.records[child as usize].next(Chain::Siblings);
            self.leases.records[slot as usize].child_cursor = next;
            self.end_lease(child, mode, lessee);
            return;
        }
        // To take a claim away and to close the lease are a step each.
        if self.leases.records[slot as usize].grant_cursor != NIL
            && (!self.grant_step(slot, released) || released)
        {
            return;
        }
        let lease = &mut self.leases.records[slot as usize];
        lease.queued = false;
        let over = released && lease.children.first == NIL;
        self.reaper
            .leases
            .remove(&mut self.leases.records, Chain::Work, slot);
        if over {
            self.finish_lease(slot);
        }
    }

    /// Take the next claim of a lease away, or a bit of it. Whether that was the last one.
    #[inline(always)]
    fn grant_step(&mut self, slot: u16, released: bool) -> bool {
        let lease = &self.leases.records[slot as usize];
        let grant = lease.grant_cursor;
        if grant == NIL {
            return true;
        }
        let record = &self.leases.grants[grant as usize];
        // The chain runs on into the free list behind the lease's last grant.
        let next = if grant == lease.last_grant {
            NIL
        } else {
            record.next
        };
        // A lessee may still look at lent memory while it winds up (L6).
        let take = released || record.kind != GrantKind::Memory;
        if record.claim != Claim::None && take && !self.unclaim_step(grant) {
            return false;
        }
        self.leases.records[slot as usize].grant_cursor = next;
        next == NIL
    }

    /// A released lease has nothing left: tell its lessor, and free the slot.
    fn finish_lease(&mut self, slot: u16) {
        let lease = &self.leases.records[slot as usize];
        let (lessor, lessee) = (lease.lessor as usize, lease.lessee as usize);
        self.tasks[lessee].held_count -= 1;
        self.close_lease(slot);
        self.post(lessor, Notifications::LEASE);
        self.settle(lessee);
    }
}
