//! Work without a bound, done one bounded step at a time.
//!
//! # What it does
//! In this order, so that nobody hangs and later work finds earlier work done:
//! 1. wake the callers of a task that died or does not serve any more, one a step (L8);
//! 2. walk the queue of leases: end one derived lease and its first claim, or take one claim
//!    away, a step;
//! 3. end the leases of a stopped task, one a step;
//! 4. go on with claims that take more than a step;
//! 5. make a dormant task's memory fresh, and start it.
//!
//! # When it runs
//! Work is done on some task's account (who revoked, released, stopped or was stopped), and
//! has that task's priority; the queue has the highest priority in it. After each step the pending
//! interrupts are taken. Two kinds of task *go first*, before the next step:
//! - one of a higher priority: its work comes first by the ordinary rule;
//! - one that an interrupt *line* just made ready, or whose server died, whatever its priority: so
//!   a driver's latency is one step, even while the supervisor's revocation of hundreds of
//!   leases goes on, and a client gets its error at once.
//!
//! Every other task waits. So a call that queues work (revoke, release, claim, start) returns
//! to its caller when the work is done, and no task sees its own call half done.
//!
//! Tasks go first for one slice of time in all since the queue was last empty ([`SLICES_PER_SECOND`]; the supervisor,
//! who is trusted to come to an end, is not counted). When the slice is over, or a lease is overdue, nobody goes first
//! until the queue is empty. So a task that loops for ever, of high priority or woken by interrupts, delays a
//! revocation by one slice at most (L2).

use crate::lease::links::List;
use crate::schedule::{above, bit, first, first_shared};
use crate::{Hardware, Kernel, NEVER, TaskSet};

/// A slice of going first is a second divided by this: a millisecond.
const SLICES_PER_SECOND: u64 = 1000;

/// What waits to be done.
#[repr(C)]
pub(crate) struct Reaper {
    /// Tasks of a higher priority than all that is queued; all bits when the queue is empty. The entry code reads it.
    pub(crate) higher: TaskSet,
    /// Tasks that a line made ready since the queue was last empty.
    woken_by_line: TaskSet,
    /// Tasks that a server's death made ready since then.
    woken_by_death: TaskSet,
    /// When going first ends, once somebody has.
    limit: u64,
    /// How long it may last, in ticks.
    slice: u64,
    /// It has ended: nobody goes first until the queue is empty.
    is_over: bool,
    /// Tasks whose callers must be woken: they are dead, or do not serve.
    pub(crate) waking: TaskSet,
    /// Leases with work, in order.
    pub(crate) leases: List,
    /// Stopped tasks whose leases are not all marked yet.
    pub(crate) stopping: TaskSet,
    /// Tasks with an operation that goes on.
    pub(crate) operating: TaskSet,
    /// Dormant tasks that are being started.
    pub(crate) starting: TaskSet,
    /// Those of them whose memory and registers are fresh.
    pub(crate) fresh: TaskSet,
}

impl Reaper {
    /// Only these tasks are to be started, on the supervisor's account.
    pub(crate) const fn new(ticks_per_second: u64, starting: TaskSet) -> Self {
        let slice = ticks_per_second / SLICES_PER_SECOND;
        Self {
            higher: if starting == 0 {
                TaskSet::MAX
            } else {
                above(0)
            },
            woken_by_line: 0,
            woken_by_death: 0,
            limit: NEVER,
            slice: if slice == 0 { 1 } else { slice },
            is_over: false,
            waking: 0,
            leases: List::EMPTY,
            stopping: 0,
            operating: 0,
            starting,
            fresh: 0,
        }
    }

    /// Whether there is nothing to do.
    #[inline(always)]
    pub(crate) fn is_idle(&self) -> bool {
        self.higher == TaskSet::MAX
    }

    /// The tasks that go first: all of them, when there is nothing to do.
    #[inline(always)]
    pub(crate) fn go_first(&self) -> TaskSet {
        // Nobody whose server died runs before all such are woken.
        let woken = if self.waking == 0 {
            self.woken_by_death
        } else {
            0
        };
        self.higher | self.woken_by_line | woken
    }

    /// Work was queued on this task's account. If the task went first, that is over.
    #[inline(always)]
    pub(crate) fn queued_by(&mut self, account: usize) {
        self.higher &= above(account);
        self.wait_in_turn(account);
    }

    /// A line made this task ready while there is work.
    pub(crate) fn line_woke(&mut self, task: usize) {
        if !self.is_over {
            self.woken_by_line |= bit(task);
        }
    }

    /// A server's death made this task ready: it need not wait for the rest of the dead task's affairs.
    fn death_woke(&mut self, task: usize) {
        if !self.is_over {
            self.woken_by_death |= bit(task);
        }
    }

    /// Something else made this task ready, or stopped it.
    #[inline(always)]
    pub(crate) fn wait_in_turn(&mut self, task: usize) {
        self.woken_by_line &= !bit(task);
        self.woken_by_death &= !bit(task);
    }

    /// When going first must end.
    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// From now on nobody goes first, until the queue is empty.
    pub(crate) fn end_going_first(&mut self) {
        self.limit = NEVER;
        if !self.is_idle() {
            self.is_over = true;
            self.higher = 0;
            self.woken_by_line = 0;
            self.woken_by_death = 0;
        }
    }

    /// Whether the queue is empty, whatever [`Reaper::is_idle`] says.
    #[inline(always)]
    fn is_done(&self) -> bool {
        self.waking | self.stopping | self.operating | self.starting == 0 && self.leases.is_empty()
    }

    /// The queue is empty.
    #[inline(always)]
    fn rest(&mut self) {
        self.higher = TaskSet::MAX;
        self.woken_by_line = 0;
        self.woken_by_death = 0;
        self.limit = NEVER;
        self.is_over = false;
    }
}

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// A task goes first: see that it does not do so for long.
    #[inline(never)]
    pub(crate) fn limit_going_first(&mut self) {
        if self.reaper.limit == NEVER {
            let limit = self.now().saturating_add(self.reaper.slice);
            self.reaper.limit = limit;
            self.alarm_by(limit);
        }
    }

    /// One step of work; there is some.
    #[inline(always)]
    pub(crate) fn reap(&mut self) {
        if self.reaper.waking == 0 && !self.reaper.leases.is_empty() {
            self.lease_step(self.reaper.leases.first);
        } else {
            self.other_step();
        }
        if self.reaper.is_done() {
            self.reaper.rest();
        }
    }

    /// A step that is not about a lease.
    #[inline(never)]
    fn other_step(&mut self) {
        if self.reaper.waking != 0 {
            let server = first(self.reaper.waking);
            if let Some(caller) = self.wake_caller(server) {
                self.reaper.death_woke(caller);
            } else {
                self.reaper.waking &= !bit(server);
                self.become_dormant(server);
            }
        } else if self.reaper.stopping != 0 {
            self.stop_step(first_shared(self.reaper.stopping));
        } else if self.reaper.operating != 0 {
            self.operation_step(first_shared(self.reaper.operating));
        } else if self.reaper.starting != 0 {
            self.start_step(first_shared(self.reaper.starting));
        }
    }
}
