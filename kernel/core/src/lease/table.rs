//! The lease table: slots with generations, and the grants in them.
//!
//! Each task has a share of both for what it lends, sized by the build. A task that takes all it can get, or uses up
//! its slots' generations, takes nothing from another. Free slots wait in a queue, so that a generation lasts as long
//! as it can. A slot whose generation is used up never comes back: an old handle stays refused forever (L3).

use super::links::{CHAINS, Chain, Links, List, NIL};
use crate::index::Table;
use leasehold_abi::{Error, GrantKind, LeaseHandle, LeaseState, Notifications, RevokeMode, Rights};

/// Most grants in one lease that is not the root, so that finding one is bounded.
pub(crate) const MAX_GRANTS: u16 = 32;

/// Interrupt lines that can be routed: 0 up to this, exclusive.
pub(crate) const LINES: usize = 256;

/// The lessor of the root lease.
pub(crate) const KERNEL: u8 = u8::MAX;

/// The slot of the root lease.
pub(crate) const ROOT: u16 = 0;

/// One lease. Its size is a power of two, so that a slot's address is one shift.
#[repr(align(128))]
pub(crate) struct Lease {
    pub(crate) generation: u32,
    pub(crate) state: LeaseState,
    /// How it ends, while ending; a later revocation can only make it harder.
    pub(crate) mode: RevokeMode,
    pub(crate) lessor: u8,
    pub(crate) lessee: u8,
    /// Lives of both that are meant.
    pub(crate) lessor_handle: u32,
    pub(crate) lessee_handle: u32,
    pub(crate) label: u32,
    pub(crate) id: u32,
    pub(crate) payload_type: u64,
    pub(crate) parent: u16,
    /// Leases derived from this one.
    pub(crate) children: List,
    /// The next of them that the reaper has to end.
    pub(crate) child_cursor: u16,
    /// Grants: first, last and how many.
    pub(crate) first_grant: u16,
    pub(crate) last_grant: u16,
    pub(crate) grants: u16,
    /// The next of them whose claim the reaper has to look at.
    pub(crate) grant_cursor: u16,
    /// Event for the lessee, as [`leasehold_abi::LeaseEvent`]'s number; 0 for none.
    pub(crate) event: u8,
    /// Whether it is in the reaper's queue.
    pub(crate) queued: bool,
    /// Whether it is among the lessee's ending leases.
    pub(crate) due: bool,
    /// When the lessee must have released it.
    pub(crate) deadline: u64,
    pub(crate) links: [Links; CHAINS],
}

impl Lease {
    const EMPTY: Self = Self {
        generation: 1,
        state: LeaseState::Free,
        mode: RevokeMode::Orderly,
        lessor: KERNEL,
        lessee: 0,
        lessor_handle: u32::MAX,
        lessee_handle: 0,
        label: 0,
        id: 0,
        payload_type: 0,
        parent: NIL,
        children: List::EMPTY,
        child_cursor: NIL,
        first_grant: NIL,
        last_grant: NIL,
        grants: 0,
        grant_cursor: NIL,
        event: 0,
        queued: false,
        due: false,
        deadline: 0,
        links: [Links::EMPTY; CHAINS],
    };

    /// The next lease in a chain.
    pub(crate) fn next(&self, chain: Chain) -> u16 {
        self.links[chain as usize].next
    }
}

pub(crate) use leasehold_abi::Claim;

/// One grant. As for [`Lease`].
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Grant {
    pub(crate) base: u64,
    pub(crate) length: u64,
    /// Bytes that are mapped, or unmapped, so far.
    pub(crate) progress: u64,
    pub(crate) label: u32,
    /// What an interrupt posts.
    pub(crate) bits: Notifications,
    pub(crate) rights: Rights,
    pub(crate) kind: GrantKind,
    pub(crate) claim: Claim,
    /// Being taken away.
    pub(crate) unmapping: bool,
    pub(crate) lease: u16,
    /// Next in the lease; next free one.
    pub(crate) next: u16,
    /// Neighbours among the claimed grants of its sort (windows, bus masters).
    pub(crate) claim_next: u16,
    pub(crate) claim_previous: u16,
    /// Neighbours in the ring of claims of the very same window by the same task.
    pub(crate) twin: u16,
    pub(crate) twin_previous: u16,
}

impl Grant {
    pub(crate) const EMPTY: Self = Self {
        base: 0,
        length: 0,
        progress: 0,
        label: 0,
        bits: Notifications::empty(),
        rights: Rights::empty(),
        kind: GrantKind::Mmio,
        claim: Claim::None,
        unmapping: false,
        lease: NIL,
        next: NIL,
        claim_next: NIL,
        claim_previous: NIL,
        twin: NIL,
        twin_previous: NIL,
    };
}

/// What is free of one task's share.
#[derive(Clone, Copy)]
pub(crate) struct Free {
    /// Slots, the one that was free longest first.
    pub(crate) slots: List,
    /// Grants, the latest first.
    pub(crate) grants: u16,
}

impl Free {
    pub(crate) const NONE: Self = Self {
        slots: List::EMPTY,
        grants: NIL,
    };
}

/// All leases and grants. `B` is the width of a generation in bits.
pub(crate) struct Leases<const L: usize, const G: usize, const B: u32> {
    pub(crate) records: Table<Lease, L>,
    pub(crate) grants: Table<Grant, G>,
    /// The claimed windows of all tasks, latest first.
    pub(crate) windows: u16,
    /// Changes with `windows`, so that a scan that was interrupted notices.
    pub(crate) epoch: u32,
    /// The claimed bus masters, latest first, and how many.
    pub(crate) masters: u16,
    pub(crate) master_count: u16,
    /// The grant that an interrupt line is routed to.
    pub(crate) routes: Table<u16, LINES>,
}

impl<const L: usize, const G: usize, const B: u32> Leases<L, G, B> {
    /// The generation at which a slot is used up. The last one is never handed out, so no
    /// handle is ever `SELF_MEMORY`.
    pub(crate) const USED_UP: u32 = (1 << B) - 1;

    /// Nothing lent, no slot in any share until [`Leases::share`].
    pub(crate) const fn new() -> Self {
        const {
            assert!(
                L > 0 && L <= 1 << LeaseHandle::INDEX_BITS,
                "1 to 1024 leases"
            );
            assert!(G < NIL as usize, "fewer than 65535 grants");
            assert!(
                B > 1 && B <= LeaseHandle::GENERATION_BITS,
                "generations fit a handle"
            );
        }
        Self {
            records: Table([const { Lease::EMPTY }; L]),
            grants: Table([const { Grant::EMPTY }; G]),
            windows: NIL,
            epoch: 0,
            masters: NIL,
            master_count: 0,
            routes: Table([NIL; LINES]),
        }
    }

    /// Put slots and grants into a task's share.
    ///
    /// # Errors
    /// `Exhausted` when the tables have no so many.
    pub(crate) fn share(
        &mut self,
        free: &mut Free,
        slots: core::ops::Range<usize>,
        grants: core::ops::Range<usize>,
    ) -> Result<(), Error> {
        if slots.end > L || grants.end > G {
            return Err(Error::Exhausted);
        }
        for slot in slots {
            free.slots.push(&mut self.records, Chain::Work, slot as u16);
        }
        for grant in grants.rev() {
            self.grants[grant].next = free.grants;
            free.grants = grant as u16;
        }
        Ok(())
    }

    /// The handle of the lease in `slot`.
    pub(crate) fn handle(&self, slot: u16) -> u32 {
        LeaseHandle::new(slot as usize, self.records[slot as usize].generation).raw()
    }

    /// The slot that a handle names.
    ///
    /// # Errors
    /// `Revoked` when the handle's generation is not the slot's, or the slot is free.
    #[inline(never)]
    pub(crate) fn resolve(&self, handle: u32) -> Result<u16, Error> {
        let handle = LeaseHandle::from_raw(handle);
        match self.records.get(handle.index()) {
            Some(lease)
                if lease.generation == handle.generation() && lease.state != LeaseState::Free =>
            {
                Ok(handle.index() as u16)
            }
            _ => Err(Error::Revoked),
        }
    }

    /// The grant with this number in a lease.
    ///
    /// # Errors
    /// `NotFound` past the last.
    pub(crate) fn grant(&self, slot: u16, index: usize) -> Result<u16, Error> {
        let lease = &self.records[slot as usize];
        if index >= lease.grants as usize {
            return Err(Error::NotFound);
        }
        if slot == ROOT {
            // The root's grants are the first of the table, in order, for good.
            return Ok(index as u16);
        }
        let mut grant = lease.first_grant;
        for _ in 0..index {
            grant = self.grants[grant as usize].next;
        }
        Ok(grant)
    }

    /// Take a free slot of the lessor's; it is a draft from now on.
    ///
    /// # Errors
    /// `Exhausted` when there is none.
    pub(crate) fn open(&mut self, free: &mut Free) -> Result<u16, Error> {
        let slot = free.slots.first;
        if slot == NIL {
            return Err(Error::Exhausted);
        }
        free.slots.remove(&mut self.records, Chain::Work, slot);
        let generation = self.records[slot as usize].generation;
        self.records[slot as usize] = Lease {
            generation,
            state: LeaseState::Draft,
            ..Lease::EMPTY
        };
        Ok(slot)
    }

    /// Give a slot and its grants back to its lessor. It is in no list, and none of its grants is claimed.
    #[inline(always)]
    pub(crate) fn close(&mut self, slot: u16, free: &mut Free) {
        let lease = &mut self.records[slot as usize];
        lease.state = LeaseState::Free;
        lease.generation += 1;
        let used_up = lease.generation >= Self::USED_UP;
        if lease.first_grant != NIL {
            self.grants[lease.last_grant as usize].next = free.grants;
            free.grants = lease.first_grant;
            lease.first_grant = NIL;
            lease.last_grant = NIL;
            lease.grants = 0;
        }
        if !used_up {
            free.slots.push(&mut self.records, Chain::Work, slot);
        }
    }

    /// Append a grant of the lessor's share to a draft; its number.
    ///
    /// # Errors
    /// `Exhausted` when the lease or the share has no room.
    pub(crate) fn add(
        &mut self,
        slot: u16,
        free: &mut Free,
        kind: GrantKind,
        range: (u64, u64),
        label: u32,
        rights: Rights,
    ) -> Result<usize, Error> {
        let lease = &mut self.records[slot as usize];
        let new = free.grants;
        if new == NIL || lease.grants >= MAX_GRANTS {
            return Err(Error::Exhausted);
        }
        free.grants = self.grants[new as usize].next;
        self.grants[new as usize] = Grant {
            base: range.0,
            length: range.1,
            kind,
            label,
            rights,
            lease: slot,
            ..Grant::EMPTY
        };
        if lease.last_grant == NIL {
            lease.first_grant = new;
        } else {
            self.grants[lease.last_grant as usize].next = new;
        }
        lease.last_grant = new;
        lease.grants += 1;
        Ok(lease.grants as usize - 1)
    }

    /// Add a grant at the head of a list of claims: the windows or the bus masters.
    #[inline(never)]
    pub(crate) fn enlist(&mut self, grant: u16) {
        let head = self.claims(grant);
        let first = *head;
        *head = grant;
        self.grants[grant as usize].claim_next = first;
        self.grants[grant as usize].claim_previous = NIL;
        if first != NIL {
            self.grants[first as usize].claim_previous = grant;
        }
        self.epoch = self.epoch.wrapping_add(1);
    }

    /// Take a grant out of its list of claims.
    #[inline(never)]
    pub(crate) fn delist(&mut self, grant: u16) {
        let Grant {
            claim_next: next,
            claim_previous: previous,
            ..
        } = self.grants[grant as usize];
        if previous == NIL {
            *self.claims(grant) = next;
        } else {
            self.grants[previous as usize].claim_next = next;
        }
        if next != NIL {
            self.grants[next as usize].claim_previous = previous;
        }
        self.epoch = self.epoch.wrapping_add(1);
    }

    /// The head of the list of claims that a grant belongs in.
    fn claims(&mut self, grant: u16) -> &mut u16 {
        match self.grants[grant as usize].kind {
            GrantKind::BusMaster => &mut self.masters,
            _ => &mut self.windows,
        }
    }
}
