//! The leases that a task holds, and what it is told of them.
//!
//! Each lease is in one of three lists of its lessee's: offered and not fetched yet, held, or ending. What is ending is
//! in the order of the deadlines, as each is as far off as the next; the lessee is told of them in that order, and
//! before offers. A lease that is revoked before its offer was fetched is reported as ending only, and must be released
//! all the same.

use super::links::{List, NIL};
use leasehold_abi::LeaseState;

/// The leases of one lessee.
#[derive(Clone, Copy)]
pub(crate) struct Held {
    /// In force; the offer was not fetched yet.
    pub(crate) offered: List,
    /// In force.
    pub(crate) quiet: List,
    /// Revoked and not released, by deadline.
    pub(crate) ending: List,
    /// The first of these of which the task was not told yet.
    pub(crate) untold: u16,
}

impl Held {
    /// None.
    pub(crate) const NONE: Self = Self {
        offered: List::EMPTY,
        quiet: List::EMPTY,
        ending: List::EMPTY,
        untold: NIL,
    };

    /// The list that a lease is in, of this state and with an offer that was not fetched yet, or not.
    #[inline(always)]
    pub(crate) fn list(&mut self, state: LeaseState, offered: bool) -> &mut List {
        if state == LeaseState::Ending {
            &mut self.ending
        } else if offered {
            &mut self.offered
        } else {
            &mut self.quiet
        }
    }

    /// Any of them.
    pub(crate) fn any(&self) -> u16 {
        if !self.ending.is_empty() {
            self.ending.first
        } else if !self.offered.is_empty() {
            self.offered.first
        } else {
            self.quiet.first
        }
    }

    /// Whether there is something to tell.
    pub(crate) fn has_news(&self) -> bool {
        self.untold != NIL || !self.offered.is_empty()
    }
}
