//! One lease, and one grant in a lease, as the kernel keeps them.

use super::links::{Linked, Links, List, NIL};
use leasehold_abi::{Claim, GrantKind, LeaseState, PayloadType, RevokeMode, Rights};

/// A list links these by their field `links`.
macro_rules! linked {
    ($($record:ident)*) => {$(
        impl Linked for $record {
            #[inline(always)]
            fn links(&self) -> Links {
                self.links
            }

            #[inline(always)]
            fn links_mut(&mut self) -> &mut Links {
                &mut self.links
            }
        }
    )*};
}

linked! { Lease Grant }

/// The lessor of the root lease, and of a free slot: no task has this index.
pub(crate) const KERNEL: u8 = u8::MAX;

/// One lease.
///
/// On machines of 64 bits its size is a power of two, so that a slot's address is one shift. Where memory is dear it is
/// as small as it can be.
#[cfg_attr(target_pointer_width = "64", repr(align(64)))]
pub(crate) struct Lease {
    pub(crate) generation: u32,
    pub(crate) state: LeaseState,
    /// How it ends, while ending; a later revocation can only make it harder.
    pub(crate) mode: RevokeMode,
    /// The lives of both are the present ones: a task with a lease to its name is not started again.
    pub(crate) lessor: u8,
    pub(crate) lessee: u8,
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
    /// The lessee has not fetched the offer yet.
    pub(crate) offered: bool,
    /// Whether it is in the reaper's queue.
    pub(crate) queued: bool,
    /// When the lessee must have released it, while ending.
    pub(crate) deadline: u64,
    pub(crate) label: u32,
    pub(crate) id: u32,
    pub(crate) payload_type: PayloadType,
    /// Its neighbours in the list of its lessee's that it is in, while it is in force or ending.
    pub(crate) links: Links,
}

impl Lease {
    /// A free slot.
    pub(crate) const EMPTY: Self = Self {
        generation: 1,
        state: LeaseState::Free,
        mode: RevokeMode::Orderly,
        lessor: KERNEL,
        lessee: 0,
        parent: NIL,
        children: List::EMPTY,
        child_cursor: NIL,
        first_grant: NIL,
        last_grant: NIL,
        grants: 0,
        grant_cursor: NIL,
        offered: false,
        queued: false,
        deadline: 0,
        label: 0,
        id: 0,
        payload_type: PayloadType::NONE,
        links: Links::NONE,
    };
}

/// One grant. Its size is as for [`Lease`].
#[derive(Clone, Copy)]
#[cfg_attr(target_pointer_width = "64", repr(align(64)))]
pub(crate) struct Grant {
    pub(crate) base: usize,
    pub(crate) length: usize,
    /// Of a claimed interrupt line, the notifications that it posts. Of a window, what the protection hardware notes:
    /// how far it is mapped or unmapped, or where.
    pub(crate) note: usize,
    pub(crate) label: u32,
    /// The first grant of the chain of derivations. Two windows overlap only if they have the same one.
    pub(crate) origin: u16,
    /// Next in the lease; next free one.
    pub(crate) next: u16,
    pub(crate) rights: Rights,
    pub(crate) kind: GrantKind,
    pub(crate) claim: Claim,
    /// Being taken away.
    pub(crate) unmapping: bool,
    /// Who claimed it, while it is claimed.
    pub(crate) claimant: u8,
    /// While it is claimed, its neighbours in a list: of its task's windows, of the bus masters, or of the claims of a
    /// shared line.
    pub(crate) links: Links,
    /// The claims of the very same window by one task, in a ring. Of a claimed line, `next` is the configuration space
    /// of the function whose line it is, if it is one's.
    pub(crate) twins: Links,
    /// Claims of windows that have this grant as their origin, whatever this grant is now.
    pub(crate) claims: Claims,
}

impl Grant {
    /// A free one.
    pub(crate) const EMPTY: Self = Self {
        base: 0,
        length: 0,
        note: 0,
        label: 0,
        origin: NIL,
        next: NIL,
        rights: Rights::empty(),
        kind: GrantKind::Mmio,
        claim: Claim::None,
        unmapping: false,
        claimant: 0,
        links: Links::NONE,
        twins: Links::NONE,
        claims: Claims::NONE,
    };
}

/// How many windows that derive from one grant are claimed: shared ones, and exclusive ones.
#[derive(Clone, Copy)]
pub(crate) struct Claims([u16; 2]);

impl Claims {
    /// None.
    pub(crate) const NONE: Self = Self([0; 2]);

    /// The count for a claim that is one. Half of its number, so that the place is found without a branch.
    #[inline(always)]
    fn of(&mut self, claim: Claim) -> &mut u16 {
        &mut self.0[claim as usize >> 1]
    }

    /// One more.
    #[inline(always)]
    pub(crate) fn add(&mut self, claim: Claim) {
        *self.of(claim) += 1;
    }

    /// One less.
    #[inline(always)]
    pub(crate) fn remove(&mut self, claim: Claim) {
        *self.of(claim) -= 1;
    }

    /// How many there are.
    pub(crate) fn all(self) -> u16 {
        let [shared, exclusive] = self.0;
        shared + exclusive
    }

    /// How many are exclusive.
    pub(crate) fn exclusive(self) -> u16 {
        let [_, exclusive] = self.0;
        exclusive
    }
}
