//! Looking for a claim that is in the way of another, in bounded steps.
//!
//! In one task, two claims may be of the very same window (it is mapped once, and the claims form a ring), or must not
//! overlap at all: as the task sees them, for two windows that lie apart can be seen at one place. So each task has a
//! list of its claimed windows, a ring counted once, and each claim looks at all of it.
//!
//! Several tasks may map one window, unless one of them claimed it exclusively. Only windows that derive from the same
//! grant can overlap, so it is counted for each origin what is claimed and how. Nearly always the count says that no
//! other task can be in the way.

use super::links::NIL;
use super::operation::{Operation, Whose};
use crate::{Hardware, Kernel, Window};
use leasehold_abi::{Claim, Error};

/// Claims that one step looks at.
const SCAN_STEP: usize = 8;

impl Window {
    /// Whether both have a byte.
    pub(super) fn overlaps(self, other: Self) -> bool {
        // Neither is empty. A window may end where the address space does.
        other.base.wrapping_sub(self.base) < self.length
            || self.base.wrapping_sub(other.base) < other.length
    }

    /// As a task sees it.
    pub(super) fn seen<H: Hardware>(self) -> Self {
        Self {
            base: H::window_address(self.base),
            ..self
        }
    }
}

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// Begin, or begin anew, with the task's own claims.
    pub(super) fn begin_scan(&mut self, task: usize) {
        let record = &mut self.tasks[task];
        let operation = &mut record.operation;
        operation.whose = Whose::Own;
        operation.cursor = record.windows.first;
        operation.twin = NIL;
        operation.epoch = self.epoch;
    }

    /// Look at a few claims; when all were looked at, begin to map.
    #[inline(never)]
    pub(super) fn scan_step(&mut self, task: usize) -> Option<Result<usize, Error>> {
        if self.tasks[task].operation.epoch != self.epoch {
            self.begin_scan(task);
        }
        let Operation {
            grant,
            claim,
            mut whose,
            mut cursor,
            mut twin,
            ..
        } = self.tasks[task].operation;
        let window = self.window(grant);
        for _ in 0..SCAN_STEP {
            let other = cursor;
            if other != NIL {
                let theirs = self.window(other);
                if self.is_in_the_way((claim, window), whose, (other, theirs)) {
                    return Some(Err(Error::Busy));
                }
                if whose == Whose::Own && theirs == window {
                    twin = other;
                }
                cursor = self.leases.grants[other as usize].links.next;
                continue;
            }
            let next = match whose {
                Whose::Own if self.others_may_be_in_the_way(grant, claim) => 0,
                Whose::Of(other) if (other as usize) + 1 < T => other + 1,
                _ => return self.begin_map(task, twin, window),
            };
            whose = Whose::Of(next);
            if next as usize != task {
                cursor = self.tasks[next as usize].windows.first;
            }
        }
        let operation = &mut self.tasks[task].operation;
        operation.whose = whose;
        operation.cursor = cursor;
        operation.twin = twin;
        None
    }

    /// Whether claims of other tasks must be looked at.
    fn others_may_be_in_the_way(&self, grant: u16, claim: Claim) -> bool {
        let origin = self.leases.grants[grant as usize].origin;
        let claims = self.leases.grants[origin as usize].claims;
        if claim == Claim::Exclusive {
            claims.all() != 0
        } else {
            claims.exclusive() != 0
        }
    }

    /// Whether a claim of a window is in the way of another, of somebody's.
    fn is_in_the_way(
        &self,
        (claim, window): (Claim, Window),
        whose: Whose,
        (other, theirs): (u16, Window),
    ) -> bool {
        let record = &self.leases.grants[other as usize];
        let exclusive = record.claim == Claim::Exclusive || claim == Claim::Exclusive;
        match whose {
            Whose::Own => {
                window.seen::<H>().overlaps(theirs.seen::<H>())
                    && (exclusive || record.unmapping || theirs != window)
            }
            Whose::Of(_) => exclusive && window.overlaps(theirs),
        }
    }
}
