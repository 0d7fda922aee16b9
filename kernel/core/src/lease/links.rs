//! Doubly linked lists through the lease table: no list operation costs more than a few steps.

use super::table::Lease;
use crate::index::no_such_entry;

/// No lease, no grant.
pub(crate) const NIL: u16 = u16::MAX;

/// The lists that a lease can be in, one pair of links for each.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Chain {
    /// Held by one lessee.
    Held = 0,
    /// Derived from one parent.
    Siblings = 1,
    /// With an event for one lessee.
    Events = 2,
    /// Revoked and not yet released, of one lessee.
    Ending = 3,
    /// Work for the reaper; or free slots.
    Work = 4,
}

/// How many chains there are.
pub(crate) const CHAINS: usize = 5;

/// The neighbours in one list.
#[derive(Clone, Copy)]
pub(crate) struct Links {
    pub(crate) next: u16,
    pub(crate) previous: u16,
}

impl Links {
    /// In no list.
    pub(crate) const EMPTY: Self = Self {
        next: NIL,
        previous: NIL,
    };
}

/// The ends of a list.
#[derive(Clone, Copy)]
pub(crate) struct List {
    pub(crate) first: u16,
    pub(crate) last: u16,
}

impl List {
    /// No element.
    pub(crate) const EMPTY: Self = Self {
        first: NIL,
        last: NIL,
    };

    /// Append the lease in `slot`, which is in no list of this chain.
    #[inline(never)]
    pub(crate) fn push(&mut self, leases: &mut [Lease], chain: Chain, slot: u16) {
        *links(leases, chain, slot) = Links {
            next: NIL,
            previous: self.last,
        };
        if self.last == NIL {
            self.first = slot;
        } else {
            links(leases, chain, self.last).next = slot;
        }
        self.last = slot;
    }

    /// Take the lease in `slot`, which is in this list, out.
    #[inline(never)]
    pub(crate) fn remove(&mut self, leases: &mut [Lease], chain: Chain, slot: u16) {
        let Links { next, previous } = core::mem::replace(links(leases, chain, slot), Links::EMPTY);
        if previous == NIL {
            self.first = next;
        } else {
            links(leases, chain, previous).next = next;
        }
        if next == NIL {
            self.last = previous;
        } else {
            links(leases, chain, next).previous = previous;
        }
    }
}

/// The links of a lease in one chain.
fn links(leases: &mut [Lease], chain: Chain, slot: u16) -> &mut Links {
    match leases.get_mut(slot as usize) {
        Some(lease) => &mut lease.links[chain as usize],
        None => no_such_entry(),
    }
}
