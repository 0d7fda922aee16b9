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
//! has that task's rank; the queue has the best rank in it. After each step the pending
//! interrupts are taken. Two kinds of task go before the next step:
//! - one more important than that rank: its work comes first by the ordinary rule;
//! - one that an interrupt *line* just made ready, or whose server died, whatever its rank: so
//!   a driver's latency is one step, even while the supervisor's revocation of hundreds of
//!   leases goes on, and a client gets its error at once.
//!
//! Every other task waits. So a call that queues work (revoke, release, claim, start) returns
//! to its caller when the work is done, and no task sees its own call half done.
//!
//! Going before is limited to one slice of time in all since the queue was last empty
//! ([`SLICES_PER_SECOND`]; the supervisor, who is trusted to come to an end, is not counted). When the slice is over,
//! or a lease is overdue, the reaper goes before everybody until its queue is empty. So a task that loops for ever,
//! important or woken by interrupts, delays a revocation by one slice at most (L2).

use crate::schedule::{above, bit, first};
use crate::task::{NO_TASK, no_handle};
use crate::{Hardware, Kernel, TaskSet};
use leasehold_abi::{Error, TaskState};

/// A slice of going before is a second divided by this: a millisecond.
const SLICES_PER_SECOND: u64 = 1000;

/// Rank of an empty queue.
const IDLE: u32 = u32::MAX;

/// What waits to be done.
#[repr(C)]
pub(crate) struct Reaper {
    /// The best rank in the queue; [`IDLE`] when it is empty.
    rank: u32,
    /// Tasks that a line made ready since the queue was last empty.
    urgent: TaskSet,
    /// Tasks that a server's death made ready since then.
    woken: TaskSet,
    /// When going before ends, once somebody has.
    limit: Option<u64>,
    /// How long it may last, in ticks.
    slice: u64,
    /// It has ended: nobody goes before until the queue is empty.
    insists: bool,
    /// Tasks whose callers must be woken: they are dead, or do not serve.
    pub(crate) waking: TaskSet,
    /// Leases with work, in order.
    pub(crate) leases: crate::lease::links::List,
    /// Stopped tasks whose leases are not all marked yet.
    pub(crate) stopping: TaskSet,
    /// Tasks with an operation that goes on.
    pub(crate) operating: TaskSet,
    /// Dormant tasks that are being started.
    pub(crate) starting: TaskSet,
    /// Those of them whose memory and registers are fresh.
    fresh: TaskSet,
    /// Steps since boot.
    pub(crate) steps: u32,
}

impl Reaper {
    /// Where [`rank`](Self::rank) lies, for the entry code: all bits of it are set when there is nothing to do.
    pub(crate) const RANK: usize = core::mem::offset_of!(Self, rank);

    pub(crate) const NEW: Self = Self {
        rank: IDLE,
        urgent: 0,
        woken: 0,
        limit: None,
        slice: 1,
        insists: false,
        waking: 0,
        leases: crate::lease::links::List::EMPTY,
        stopping: 0,
        operating: 0,
        starting: 0,
        fresh: 0,
        steps: 0,
    };

    /// Called at boot.
    pub(crate) fn start(&mut self, ticks_per_second: u64) {
        self.slice = (ticks_per_second / SLICES_PER_SECOND).max(1);
    }

    /// Whether there is nothing to do.
    #[inline(always)]
    pub(crate) fn is_idle(&self) -> bool {
        self.rank == IDLE
    }

    /// The tasks that run before the next step.
    pub(crate) fn goes_before(&self) -> TaskSet {
        // Nobody woken runs before all are.
        let woken = if self.waking == 0 { self.woken } else { 0 };
        above(self.rank as usize) | self.urgent | woken
    }

    /// Work was queued on this task's account. If it went first as urgent, that is over.
    pub(crate) fn charge(&mut self, account: usize) {
        self.rank = self.rank.min(account as u32);
        self.calm(account);
    }

    /// A line made this task ready while there is work.
    pub(crate) fn hurry(&mut self, task: usize) {
        if !self.insists {
            self.urgent |= bit(task);
        }
    }

    /// Something else made this task ready, or stopped it.
    pub(crate) fn calm(&mut self, task: usize) {
        self.urgent &= !bit(task);
        self.woken &= !bit(task);
    }

    /// When the present going before must end.
    pub(crate) fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// From now on nobody goes before, until the queue is empty.
    pub(crate) fn insist(&mut self) {
        self.limit = None;
        if !self.is_idle() {
            self.insists = true;
            self.rank = 0;
            self.urgent = 0;
            self.woken = 0;
        }
    }

    /// Whether the queue is empty, whatever the rank says.
    fn is_done(&self) -> bool {
        self.waking | self.stopping | self.operating | self.starting == 0
            && self.leases.first == crate::lease::links::NIL
    }
}

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// A task goes before the reaper: see that it does not do so for long.
    #[inline(never)]
    pub(crate) fn limit_delay(&mut self) {
        if self.reaper.limit.is_none() {
            self.reaper.limit = Some(self.hardware.now().saturating_add(self.reaper.slice));
        }
    }

    /// One step of work; there is some.
    #[inline(always)]
    pub(crate) fn reap(&mut self) {
        self.reaper.steps = self.reaper.steps.wrapping_add(1);
        let lease = self.reaper.leases.first;
        if self.reaper.waking == 0 && lease != crate::lease::links::NIL {
            self.lease_step(lease);
        } else {
            self.other_step();
        }
        if self.reaper.is_done() {
            self.reaper.rank = IDLE;
            self.reaper.urgent = 0;
            self.reaper.woken = 0;
            self.reaper.limit = None;
            self.reaper.insists = false;
        }
    }

    /// A step that is not about a lease.
    #[inline(never)]
    fn other_step(&mut self) {
        if self.reaper.waking != 0 {
            self.wake_caller(first(self.reaper.waking));
        } else if self.reaper.stopping != 0 {
            self.stop_step(first(self.reaper.stopping));
        } else if self.reaper.operating != 0 {
            self.operation_step(first(self.reaper.operating));
        } else if self.reaper.starting != 0 {
            self.start_step(first(self.reaper.starting));
        }
    }

    /// Wake one caller of a server that is dead or does not serve.
    fn wake_caller(&mut self, server: usize) {
        let task = &mut self.tasks[server];
        let dead = !task.is_alive();
        let callers = task.waiting | task.in_service;
        if callers == 0 {
            self.reaper.waking &= !bit(server);
            if dead {
                self.settle(server);
            }
            return;
        }
        let caller = first(callers);
        task.waiting &= !bit(caller);
        task.in_service &= !bit(caller);
        let results = if dead {
            [Error::Dead.code(), task.successor(), 0]
        } else {
            [Error::Unbound.code(), 0, 0]
        };
        self.resume(caller, results);
        // It need not wait for the rest of the dead task's affairs.
        if !self.reaper.insists {
            self.reaper.woken |= bit(caller);
        }
    }

    /// Queue the start of a dormant task.
    pub(crate) fn begin_start(&mut self, task: usize) {
        self.reaper.starting |= bit(task);
        self.reaper.charge(0);
    }

    /// Make a bit of a task's memory fresh; when all of it is, its registers; and then the task is ready.
    fn start_step(&mut self, task: usize) {
        let config = self.config_of(task);
        if self.reaper.fresh & bit(task) == 0 {
            if self.hardware.fresh(config, &mut self.tasks[task].fresh) {
                self.reaper.fresh |= bit(task);
                let record = &mut self.tasks[task];
                record.fresh = crate::FreshProgress::default();
                record.forget_lost_windows();
                crate::Context::start(
                    &mut record.context,
                    config.entry as usize,
                    config.stack_top as usize,
                );
            }
            return;
        }
        self.reaper.fresh &= !bit(task);
        self.reaper.starting &= !bit(task);
        let record = &mut self.tasks[task];
        let Some(handle) = record.next_handle() else {
            return;
        };
        record.handle = handle;
        record.fast = if config.floating_point {
            no_handle(handle)
        } else {
            handle
        };
        record.accepting = no_handle(handle);
        record.pending = if record.events.first == crate::lease::links::NIL {
            0
        } else {
            leasehold_abi::Notifications::LEASE.bits()
        };
        record.mask = 0;
        record.peer = NO_TASK;
        record.borrow_count = 0;
        record.timer_bits = leasehold_abi::Notifications::empty();
        record.serving = true;
        record.starts = record.starts.saturating_add(1);
        record.state = TaskState::Ready;
        self.ready |= bit(task);
        self.reaper.calm(task);
    }

    /// Take what interrupts are pending; one is.
    #[inline(never)]
    pub(crate) fn take_interrupts(&mut self) {
        while self.take_interrupt() && self.hardware.interrupt_pending() {}
    }
}
