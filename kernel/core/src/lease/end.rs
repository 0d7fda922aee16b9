//! How leases end: revoked, released, or with a task; and the reaper's steps for it.
//!
//! Ending one lease is a few stores. What is derived from it, and what is claimed through
//! it, is left to the reaper: each lease in its queue has a cursor into its derived leases
//! and one into its grants.

use super::links::NIL;
use super::table::Leases;
use crate::{Hardware, Kernel};
use leasehold_abi::{Claim, GrantKind, LeaseState, Notifications, RevokeMode};

/// Leases that end by one reading of the clock: a lessee loses as much of its time as the others before it take.
const AT_ONCE: u32 = 16;

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// End a lease, and then those that the cursor of their parent names after it, as long as nobody goes before the
    /// next. The clock is read once for all, so these are few.
    #[inline(never)]
    fn end_leases(&mut self, mut slot: u16, mode: RevokeMode, parent: u16) {
        let now = self.hardware.now();
        let mut left = AT_ONCE;
        loop {
            let ready = self.ready;
            self.end_lease(slot, now, mode);
            left -= 1;
            // Whoever became ready may go first. What was left to the reaper was so perhaps for an interrupt.
            let was_left = self.reaper.leases.last == slot;
            if was_left || self.ready != ready || left == 0 || self.hardware.interrupt_pending() {
                return;
            }
            let lease = &mut self.leases.records[parent as usize];
            match self.leases.siblings.get(lease.child_cursor as usize) {
                Some(links) => {
                    slot = lease.child_cursor;
                    lease.child_cursor = links.next;
                }
                None => return,
            }
        }
    }

    /// Revoke a lease, or make a revocation harder.
    ///
    /// Most leases have nothing derived from them and one claim, of a short window: such a lease ends here, and the
    /// reaper need not see it. No function that this takes returns here, so few registers are saved.
    #[inline(never)]
    pub(super) fn end_lease(&mut self, slot: u16, now: u64, mode: RevokeMode) {
        let records = &mut self.leases.records;
        let lease = &mut records[slot as usize];
        if lease.state != LeaseState::Active {
            return self.end_harder(slot, mode);
        }
        lease.state = LeaseState::Ending;
        lease.mode = mode;
        let lessee = lease.lessee as usize;
        let offered = lease.offered;
        let task = &mut self.tasks[lessee];
        let alive = task.is_alive();
        let held = &mut task.leases;
        held.list(LeaseState::Active, offered)
            .remove_here(records, slot);
        held.ending.push_here(records, slot);
        if held.untold == NIL {
            held.untold = slot;
        }
        if alive {
            let deadline = now + task.release_ticks;
            records[slot as usize].deadline = deadline;
            if held.ending.first == slot {
                self.overdue.set(lessee, deadline);
            }
            // With the bit set, it does not wait for it.
            if task.pending & Notifications::LEASE.bits() == 0 {
                return self.tell_of_end(slot);
            }
        }
        self.end_claims(slot);
    }

    /// The lessee does not know yet.
    #[inline(never)]
    fn tell_of_end(&mut self, slot: u16) {
        let lessee = self.leases.records[slot as usize].lessee as usize;
        self.post(lessee, Notifications::LEASE);
        self.end_claims_shared(slot);
    }

    /// A lease ends hard whose end was orderly.
    #[cold]
    #[inline(never)]
    fn end_harder(&mut self, slot: u16, mode: RevokeMode) {
        let lease = &mut self.leases.records[slot as usize];
        let harder = mode == RevokeMode::Hard && lease.mode == RevokeMode::Orderly;
        if lease.state == LeaseState::Ending && harder {
            lease.mode = mode;
            self.end_claims_shared(slot);
        }
    }

    /// [`Kernel::end_claims`], where a few instructions do not count.
    #[inline(never)]
    fn end_claims_shared(&mut self, slot: u16) {
        self.end_claims(slot);
    }

    /// End what is derived from a lease that ends, and what is claimed through it; if that is one claim of a short
    /// window, at once.
    #[inline(always)]
    fn end_claims(&mut self, slot: u16) {
        let lease = &self.leases.records[slot as usize];
        if !lease.children.is_empty() {
            return self.queue_ended(slot);
        }
        // A lessee may keep what it claimed while it winds up.
        if lease.mode == RevokeMode::Orderly {
            return;
        }
        let grant = lease.first_grant;
        if grant != lease.last_grant {
            return self.queue_ended(slot);
        }
        let Some(record) = self.leases.grants.get(grant as usize) else {
            return;
        };
        if record.claim == Claim::None {
            return;
        }
        match record.kind {
            GrantKind::Memory => {}
            // An interrupt that came meanwhile does not wait for the window as well.
            GrantKind::Mmio | GrantKind::Config
                if H::unmapped_at_once(record.note) && !self.hardware.interrupt_pending() =>
            {
                self.unmap_at_once(grant);
            }
            _ => self.queue_ended(slot),
        }
    }

    /// Leave what ends with a lease to the reaper.
    #[inline(never)]
    fn queue_ended(&mut self, slot: u16) {
        let lease = &mut self.leases.records[slot as usize];
        lease.child_cursor = lease.children.first;
        if lease.mode == RevokeMode::Hard {
            lease.grant_cursor = lease.first_grant;
        }
        let lessor = lease.lessor as usize;
        self.queue_lease(slot, lessor);
    }

    /// The lessee gives a lease up, of itself or by its end. It is active or ending.
    pub(crate) fn release_lease(&mut self, slot: u16, account: usize) {
        let records = &mut self.leases.records;
        let lease = &mut records[slot as usize];
        let lessee = lease.lessee as usize;
        let state = lease.state;
        let held = &mut self.tasks[lessee].leases;
        if held.untold == slot {
            held.untold = lease.links.next;
        }
        held.list(state, lease.offered).remove(records, slot);
        if state == LeaseState::Ending && held.ending.is_empty() {
            self.overdue.clear(lessee);
        }
        let lease = &mut self.leases.records[slot as usize];
        lease.state = LeaseState::Released;
        lease.child_cursor = lease.children.first;
        lease.grant_cursor = lease.first_grant;
        self.queue_lease(slot, account);
    }

    /// Have the reaper look at a lease.
    #[inline(never)]
    pub(crate) fn queue_lease(&mut self, slot: u16, account: usize) {
        self.reaper.queued_by(account);
        let lease = &mut self.leases.records[slot as usize];
        if !lease.queued {
            lease.queued = true;
            self.reaper.leases.push(&mut self.leases.work, slot);
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
            lease.child_cursor = self.leases.siblings[child as usize].next;
            self.end_leases(child, mode, slot);
            return;
        }
        // Nobody becomes ready by this, but for an interrupt.
        while self.leases.records[slot as usize].grant_cursor != NIL {
            self.grant_step(slot, released);
            if self.hardware.interrupt_pending() {
                return;
            }
        }
        let lease = &mut self.leases.records[slot as usize];
        lease.queued = false;
        let over = released && lease.children.is_empty();
        self.reaper.leases.remove(&mut self.leases.work, slot);
        if over {
            self.finish_lease(slot);
        }
    }

    /// Take the next claim of a lease away, or a bit of it.
    #[inline(always)]
    fn grant_step(&mut self, slot: u16, released: bool) {
        let lease = &self.leases.records[slot as usize];
        let grant = lease.grant_cursor;
        let Some(record) = self.leases.grants.get(grant as usize) else {
            return;
        };
        // The chain runs on into the free list behind the lease's last grant.
        let next = if grant == lease.last_grant {
            NIL
        } else {
            record.next
        };
        // A lessee may still look at lent memory while it winds up (L6).
        let take = released || record.kind != GrantKind::Memory;
        if record.claim != Claim::None && take && !self.unclaim_step(grant) {
            return;
        }
        self.leases.records[slot as usize].grant_cursor = next;
    }

    /// A released lease has nothing left: tell its lessor, and free the slot.
    fn finish_lease(&mut self, slot: u16) {
        let lease = &self.leases.records[slot as usize];
        let (lessor, lessee) = (lease.lessor as usize, lease.lessee as usize);
        self.tasks[lessee].held_count -= 1;
        self.close_lease(slot);
        self.post(lessor, Notifications::LEASE);
        self.become_dormant(lessee);
    }

    /// Take a lease that is over out of its lists, and its slot back. It has no children.
    fn close_lease(&mut self, slot: u16) {
        let Leases {
            records, siblings, ..
        } = &mut self.leases;
        let lease = &records[slot as usize];
        let (lessor, parent) = (lease.lessor as usize, lease.parent);
        let above = &mut records[parent as usize];
        if above.child_cursor == slot {
            above.child_cursor = siblings[slot as usize].next;
        }
        above.children.remove(siblings, slot);
        let last =
            above.children.is_empty() && above.state == LeaseState::Released && !above.queued;
        let task = &mut self.tasks[lessor];
        task.lent_count -= 1;
        self.leases.close(slot, &mut task.share);
        if last {
            self.queue_lease(parent, lessor);
        }
        self.become_dormant(lessor);
    }
}
