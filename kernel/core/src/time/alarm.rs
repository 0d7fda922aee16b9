//! The hardware's alarm: set to the earliest of all deadlines; what is due when it comes.

use crate::{Hardware, Kernel, NEVER};
use leasehold_abi::{FaultKind, TaskState};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// Do one of the things whose time has come. Whether there was one.
    #[inline(never)]
    pub(crate) fn fire_alarm(&mut self) -> bool {
        let now = self.now();
        let fired = if self.overdue.earliest() <= now {
            self.end_overdue(now);
            true
        } else if self.timers.earliest() <= now {
            if let Some(task) = self.missed(false, now) {
                self.timers.clear(task);
                self.post(task, self.tasks[task].timer_bits);
            }
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
            self.hardware.set_alarm(next);
        }
        fired
    }

    /// Look for a lessee that keeps a lease past its deadline: it loses everything.
    fn end_overdue(&mut self, now: u64) {
        if let Some(task) = self.missed(true, now) {
            let first = self.tasks[task].leases.ending.first;
            let lease = self.leases.records.get(first as usize);
            let label = lease.map_or(0, |lease| lease.label);
            let fault = self.fault_at_rest(task, FaultKind::LeaseOverstayed, label as usize);
            self.end_task(task, TaskState::Faulted, fault);
            self.reaper.end_going_first();
        }
    }

    /// Look for a task that has missed the deadline of a lease, or of its timer.
    #[inline(never)]
    fn missed(&mut self, of_lease: bool, now: u64) -> Option<usize> {
        let (tasks, leases) = (&self.tasks, &self.leases.records);
        let deadlines = if of_lease {
            &mut self.overdue
        } else {
            &mut self.timers
        };
        deadlines.look(now, |task| {
            let record = &tasks[task];
            if of_lease {
                let lease = leases.get(record.leases.ending.first as usize);
                lease.map_or(NEVER, |lease| lease.deadline)
            } else {
                record.timer
            }
        })
    }

    /// Set the hardware's alarm to a new deadline, if that is earlier than what it is set to. One that is too early
    /// costs an interrupt once, and less than setting it each time: most deadlines are met.
    #[inline(always)]
    pub(crate) fn alarm_by(&mut self, at: u64) {
        if at < self.alarm {
            self.alarm = at;
            self.hardware.set_alarm(at);
        }
    }

    fn next_alarm(&self) -> u64 {
        let leases = self.overdue.earliest();
        self.timers.earliest().min(leases).min(self.reaper.limit())
    }
}
