//! The hardware's alarm: set to the earliest of all deadlines; what is due when it comes.

use crate::{Hardware, Kernel};
use leasehold_abi::{FaultKind, TaskState};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// Do one of the things whose time has come. Whether there was one.
    #[inline(never)]
    pub(crate) fn fire_alarm(&mut self) -> bool {
        let now = self.hardware.now();
        let fired = if let Some((at, task)) = self.overdue.first()
            && at <= now
        {
            // A lessee that keeps a lease past its deadline loses everything.
            let lease = self.tasks[task].leases.ending.first;
            let label = match self.leases.records.get(lease as usize) {
                Some(lease) => lease.label,
                None => 0,
            };
            let fault = self.fault_at_rest(task, FaultKind::LeaseOverstayed, label as usize);
            self.end_task(task, TaskState::Faulted, fault);
            self.reaper.end_going_first();
            true
        } else if let Some((at, task)) = self.timers.first()
            && at <= now
        {
            self.timers.clear(task);
            let bits = self.tasks[task].timer_bits;
            self.post(task, bits);
            true
        } else if self.reaper.limit().is_some_and(|limit| limit <= now) {
            self.reaper.end_going_first();
            true
        } else {
            false
        };
        // Also without effect: the hardware's alarm may have come early.
        let next = self.next_alarm();
        if !fired || next.is_none_or(|at| at > now) {
            self.alarm = next;
            self.hardware.set_alarm(next);
        }
        fired
    }

    /// Set the hardware's alarm to the earliest deadline, if that is earlier than what it is set
    /// to. One that is too early costs an interrupt once, and less than setting it each time:
    /// most deadlines are met.
    pub(crate) fn update_alarm(&mut self) {
        if let Some(at) = self.next_alarm() {
            self.alarm_by(at);
        }
    }

    /// [`Kernel::update_alarm`], where only this deadline is new.
    pub(crate) fn alarm_by(&mut self, at: u64) {
        if self.alarm.is_none_or(|alarm| at < alarm) {
            self.alarm = Some(at);
            self.hardware.set_alarm(Some(at));
        }
    }

    fn next_alarm(&self) -> Option<u64> {
        let earliest = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let timer = self.timers.first().map(|(at, _)| at);
        let overdue = self.overdue.first().map(|(at, _)| at);
        earliest(earliest(timer, overdue), self.reaper.limit())
    }
}
