//! A claim or its end, or a lending, that takes more than one bounded step.
//!
//! The caller stays ready, but the reaper goes before it (it works on the caller's account),
//! so the call looks like any other: it returns when it is done.

use super::links::NIL;
use leasehold_abi::Claim;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing.
    None,
    /// Making grants of the parts of a lease that is to be lent.
    Lend,
    /// Looking for a claim in the way.
    Scan,
    /// Mapping the window.
    Map,
    /// Unmapping it, to answer `outcome` then.
    Unmap,
}

/// Whose claims are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Those of the task that claims.
    Own,
    /// Those of another.
    Of(u8),
}

/// How far it has come.
#[derive(Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) phase: Phase,
    /// Shared or exclusive.
    pub(crate) claim: Claim,
    /// Whose claimed windows are looked at, and the one to look at next; how many grants are made.
    pub(crate) whose: Whose,
    pub(crate) cursor: u16,
    /// How many are to be made.
    pub(crate) count: u16,
    /// The lease, or the parent of the one that is to be lent, by handle: it may be over before the next step.
    pub(crate) lease: u32,
    /// The grant in it.
    pub(crate) grant: u16,
    /// A claim of the very same window by the same task, found on the way; the grant that was made last.
    pub(crate) twin: u16,
    /// How far the window is mapped: the hardware's. The address of the first part.
    pub(crate) progress: usize,
    /// What [`Kernel::epoch`](crate::Kernel::epoch) was when the scan began; the lessor's first free grant when
    /// the first part was looked at.
    pub(crate) epoch: u32,
    /// The answer after unmapping. The address of what is said of the lease.
    pub(crate) outcome: usize,
}

impl Operation {
    /// None going on.
    pub(crate) const NONE: Self = Self {
        phase: Phase::None,
        claim: Claim::None,
        whose: Whose::Own,
        cursor: NIL,
        count: 0,
        lease: 0,
        grant: NIL,
        twin: NIL,
        progress: 0,
        epoch: 0,
        outcome: 0,
    };
}
