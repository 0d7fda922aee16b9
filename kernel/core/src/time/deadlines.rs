//! Deadlines, at most one a task: of timers, and of leases that must be given back.
//!
//! To note a deadline is a few instructions, as that is done for each lease that is revoked and each wait with a limit.
//! Whose it is takes a look at each task that has one, but only when a deadline has passed.

use crate::schedule::{bit, first_shared};
use crate::{NEVER, TaskSet};

/// Tasks that one step looks at.
const LOOKS: usize = 4;

/// The first of the deadlines of one kind.
pub(crate) struct Deadlines {
    /// Tasks that have one, or had one that was met.
    tasks: TaskSet,
    /// No deadline of a task that is not `unseen` is earlier. It may be one that was met, or moved.
    earliest: u64,
    /// After a deadline has passed, the tasks that are still to be looked at.
    unseen: TaskSet,
}

impl Deadlines {
    /// No task has one.
    pub(crate) const NONE: Self = Self {
        tasks: 0,
        earliest: NEVER,
        unseen: 0,
    };

    /// A task has this deadline.
    #[inline(always)]
    pub(crate) fn set(&mut self, task: usize, deadline: u64) {
        self.tasks |= bit(task);
        if deadline < self.earliest {
            self.earliest = deadline;
        }
    }

    /// A task has none any more.
    #[inline(never)]
    pub(crate) fn clear(&mut self, task: usize) {
        self.tasks &= !bit(task);
        self.unseen &= !bit(task);
        if self.tasks == 0 {
            self.earliest = NEVER;
        }
    }

    /// When to look.
    pub(crate) fn earliest(&self) -> u64 {
        if self.unseen == 0 { self.earliest } else { 0 }
    }

    /// Looks at a few tasks, with `deadline` for each one's, [`NEVER`] if it was met: a task that has missed its own.
    pub(crate) fn look(&mut self, now: u64, deadline: impl Fn(usize) -> u64) -> Option<usize> {
        if self.unseen == 0 {
            self.unseen = self.tasks;
            self.earliest = NEVER;
        }
        for _ in 0..LOOKS {
            if self.unseen == 0 {
                break;
            }
            let task = first_shared(self.unseen);
            self.unseen &= !bit(task);
            let deadline = deadline(task);
            if deadline <= now {
                return Some(task);
            }
            if deadline == NEVER {
                self.tasks &= !bit(task);
            }
            self.earliest = self.earliest.min(deadline);
        }
        None
    }
}
