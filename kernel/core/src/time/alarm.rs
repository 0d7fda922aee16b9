//! The hardware's alarm: set to the earliest of all deadlines; what is due when it comes.

use super::overdue::NEVER;
use crate::{Hardware, Kernel};
use leasehold_abi::{FaultKind, TaskState};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// Do one of the things whose time has come. Whether there was one.
    #[inline(never)]
    pub(crate) fn fire_alarm(&mut self) -> bool {
        let now = self.hardware.now();
        let fired = if self.overdue.earliest() <= now {
            self.end_overdue(now);
            true
        } else if let Some((at, task)) = self.timers.first()
            && at <= now
        {
            self.timers.clear(task);
            let bits = self.tasks[task].timer_bits;
            self.post(task, bits);
            true
        } else if self.reaper.limit() <= now {
            self.reaper.end_going_first();
            true
        } else {
            false
        };
        // Also when nothing was due: the hardware's alarm may have come early.
        let next = self.next_alarm();
        if next > now {
            self.alarm = next;
            self.hardware.set_alarm((next != NEVER).then_some(next));
        }
        fired
    }

    /// Look for a lessee that keeps a lease past its deadline: it loses everything.
    fn end_overdue(&mut self, now: u64) {
        let (tasks, leases) = (&self.tasks, &self.leases.records);
        let first = |task: usize| leases.get(tasks[task].leases.ending.first as usize);
        let deadline = |task| first(task).map_or(NEVER, |lease| lease.deadline);
        if let Some(task) = self.overdue.look(now, deadline) {
            let label = first(task).map_or(0, |lease| lease.label);
            let fault = self.fault_at_rest(task, FaultKind::LeaseOverstayed, label as usize);
            self.end_task(task, TaskState::Faulted, fault);
            self.reaper.end_going_first();
        }
    }

    /// Set the hardware's alarm to a new deadline, if that is earlier than what it is set to. One that is too early
    /// costs an interrupt once, and less than setting it each time: most deadlines are met.
    #[inline(always)]
    pub(crate) fn alarm_by(&mut self, at: u64) {
        if at < self.alarm {
            self.alarm = at;
            self.hardware.set_alarm(Some(at));
        }
    }

    fn next_alarm(&self) -> u64 {
        let timer = self.timers.first().map_or(NEVER, |(at, _)| at);
        timer.min(self.overdue.earliest()).min(self.reaper.limit())
    }
}
