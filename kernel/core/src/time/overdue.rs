//! Which tasks have leases to give back, and when the first of these is overdue.
//!
//! A task's ending leases are in the order of their deadlines, so its first one tells. To note a deadline is a few
//! instructions, as that is done for each lease that is revoked; to find out whose it is takes a look at each task, but
//! only when a deadline has passed.

use crate::TaskSet;
use crate::schedule::{bit, first};

/// Tasks that one step looks at.
const LOOKS: usize = 8;

/// No deadline: the clock does not come that far.
pub(crate) const NEVER: u64 = u64::MAX;

/// Deadlines of ending leases.
pub(crate) struct Overdue {
    /// Tasks that have such leases.
    tasks: TaskSet,
    /// No deadline of a task that is not `unseen` is earlier; it may be that of a lease that was given back.
    earliest: u64,
    /// After a deadline has passed, the tasks that are still to be looked at.
    unseen: TaskSet,
}

impl Overdue {
    /// No such lease.
    pub(crate) const NONE: Self = Self {
        tasks: 0,
        earliest: NEVER,
        unseen: 0,
    };

    /// A task has its first ending lease; or, the first one now has this deadline.
    #[inline(always)]
    pub(crate) fn set(&mut self, task: usize, deadline: u64) {
        self.tasks |= bit(task);
        if deadline < self.earliest {
            self.earliest = deadline;
        }
    }

    /// A task has none any more.
    pub(crate) fn clear(&mut self, task: usize) {
        self.tasks &= !bit(task);
        self.unseen &= !bit(task);
        if self.tasks == 0 {
            self.earliest = NEVER;
        }
    }

    /// When to look for overdue leases.
    pub(crate) fn earliest(&self) -> u64 {
        if self.unseen == 0 { self.earliest } else { 0 }
    }

    /// Looks at a few tasks, with `deadline` for the first deadline of each: one that it has missed.
    pub(crate) fn look(&mut self, now: u64, deadline: impl Fn(usize) -> u64) -> Option<usize> {
        if self.unseen == 0 {
            self.unseen = self.tasks;
            self.earliest = NEVER;
        }
        for _ in 0..LOOKS {
            if self.unseen == 0 {
                break;
            }
            let task = first(self.unseen);
            self.unseen &= !bit(task);
            let deadline = deadline(task);
            if deadline <= now {
                return Some(task);
            }
            self.earliest = self.earliest.min(deadline);
        }
        None
    }
}
