//! The lease table: slots with generations, and the grants in them.
//!
//! Each task has a share of both for what it lends, sized by the build. A task that takes all it can get, or uses up
//! its slots' generations, takes nothing from another. Free slots wait in a queue, so that a generation lasts as long
//! as it can. A slot whose generation is used up never comes back: an old handle stays refused forever (L3).

use super::links::{Links, List, NIL};
use super::record::{Grant, KERNEL, Lease};
use super::shared::SHARED;
use crate::GrantConfig;
use crate::index::Table;
use leasehold_abi::{Error, LeaseHandle, LeaseState};

/// The slot of the root lease.
pub(crate) const ROOT: u16 = 0;

/// A task's share of the tables, for what it lends.
#[derive(Clone, Copy)]
pub(crate) struct Share {
    /// Free slots, the one that was free longest first.
    pub(crate) slots: List,
    /// Free grants, the latest first.
    pub(crate) grants: u16,
    /// What stands for the task's arena as the origin of a grant: the first grant of its share.
    pub(crate) arena: u16,
}

impl Share {
    pub(crate) const NONE: Self = Self {
        slots: List::EMPTY,
        grants: NIL,
        arena: NIL,
    };
}

/// All leases and grants. `B` is the width of a generation in bits.
pub(crate) struct Leases<const L: usize, const G: usize, const B: u32> {
    pub(crate) records: Table<Lease, L>,
    pub(crate) grants: Table<Grant, G>,
    /// Each lease but the root is among the children of its parent.
    pub(crate) siblings: Table<Links, L>,
    /// The reaper's queue, and the free slots of each share.
    pub(crate) work: Table<Links, L>,
}

impl<const L: usize, const G: usize, const B: u32> Leases<L, G, B> {
    /// The generation at which a slot is used up. The last one is never handed out, so no
    /// handle is ever `SELF_MEMORY`.
    pub(crate) const USED_UP: u32 = (1 << B) - 1;

    /// These are the root's grants. Nothing is lent, and no slot is in any share until [`Leases::share`].
    ///
    /// # Panics
    /// When the tables have no room for them, or a grant lies where the machine has no address.
    pub(crate) const fn new(roots: &[GrantConfig]) -> Self {
        const {
            assert!(
                L > 0 && L <= 1 << LeaseHandle::INDEX_BITS,
                "1 to 1024 leases"
            );
            assert!(G < SHARED as usize, "fewer than 32768 grants");
            assert!(
                B > 1 && B <= LeaseHandle::GENERATION_BITS,
                "generations fit a handle"
            );
        }
        assert!(
            roots.len() <= G,
            "the tables have no room for the configuration"
        );
        let mut records = Table([const { Lease::EMPTY }; L]);
        records.0[ROOT as usize].grants = roots.len() as u16;
        let mut grants = Table([const { Grant::EMPTY }; G]);
        let mut index = 0;
        while index < roots.len() {
            let GrantConfig {
                label,
                kind,
                base,
                length,
                rights,
            } = roots[index];
            assert!(
                base <= usize::MAX as u64 && length <= usize::MAX as u64,
                "a grant lies where the machine has no address"
            );
            grants.0[index] = Grant {
                base: base as usize,
                length: length as usize,
                label,
                origin: index as u16,
                rights,
                kind,
                ..Grant::EMPTY
            };
            index += 1;
        }
        Self {
            records,
            grants,
            siblings: Table([Links::NONE; L]),
            work: Table([Links::NONE; L]),
        }
    }

    /// A task's share: so many slots, and so many grants, each from the first on.
    ///
    /// # Panics
    /// When the tables have no so many.
    pub(crate) const fn share(
        &mut self,
        (slot, slots): (usize, usize),
        (grant, grants): (usize, usize),
    ) -> Share {
        let mut share = Share::NONE;
        share.slots = List::run(&mut self.work, slot, slots);
        if grants == 0 {
            return share;
        }
        let last = grant + grants - 1;
        assert!(last < G, "the tables have no room for the configuration");
        let mut at = grant;
        while at < last {
            self.grants.0[at].next = at as u16 + 1;
            at += 1;
        }
        share.grants = grant as u16;
        share.arena = share.grants;
        share
    }

    /// Put the root lease in force; the list of its lessee's in which it is, the supervisor's.
    pub(crate) const fn hold_root(&mut self) -> List {
        let root = &mut self.records.0[ROOT as usize];
        root.state = LeaseState::Active;
        root.offered = true;
        List {
            first: ROOT,
            last: ROOT,
        }
    }

    /// The handle of the lease in `slot`.
    pub(crate) fn handle(&self, slot: u16) -> u32 {
        LeaseHandle::new(slot as usize, self.records[slot as usize].generation).raw()
    }

    /// The slot that a handle names, whatever its state is, and what is there.
    ///
    /// # Errors
    /// `Revoked` when the handle's generation is not the slot's.
    #[inline(always)]
    pub(crate) fn named(&self, handle: usize) -> Result<(u16, &Lease), Error> {
        let handle = LeaseHandle::from_raw(handle as u32);
        match self.records.get(handle.index()) {
            Some(lease) if lease.generation == handle.generation() => {
                Ok((handle.index() as u16, lease))
            }
            _ => Err(Error::Revoked),
        }
    }

    /// The slot of a lease that is not over.
    ///
    /// # Errors
    /// `Revoked` when the handle's generation is not the slot's, or the slot is free.
    pub(crate) fn resolve(&self, handle: usize) -> Result<u16, Error> {
        match self.named(handle)? {
            (slot, lease) if lease.state != LeaseState::Free => Ok(slot),
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

    /// Take a free slot of the lessor's.
    ///
    /// # Errors
    /// `Exhausted` when there is none.
    #[inline(always)]
    pub(crate) fn take_slot(&mut self, share: &mut Share) -> Result<u16, Error> {
        let slot = share.slots.first;
        if slot == NIL {
            return Err(Error::Exhausted);
        }
        share.slots.remove_first(&mut self.work);
        Ok(slot)
    }

    /// Give a slot and its grants back to its lessor. It is in no list, and none of its grants is claimed.
    #[inline(always)]
    pub(crate) fn close(&mut self, slot: u16, share: &mut Share) {
        let lease = &mut self.records[slot as usize];
        lease.state = LeaseState::Free;
        lease.lessor = KERNEL;
        lease.generation += 1;
        if lease.first_grant != NIL {
            self.grants[lease.last_grant as usize].next = share.grants;
            share.grants = lease.first_grant;
        }
        if lease.generation < Self::USED_UP {
            share.slots.push(&mut self.work, slot);
        }
    }
}
