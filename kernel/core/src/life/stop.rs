//! How a task stops: at once, as far as others can see; its leases and its callers are the reaper's.

use crate::lease::links::NIL;
use crate::lease::operation::Phase;
use crate::schedule::{bit, first};
use crate::task::{NO_TASK, no_handle};
use crate::{Fault, Hardware, Kernel};
use leasehold_abi::{Error, FaultKind, Notifications, TaskState};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// [`Call::TaskStop`](leasehold_abi::Call::TaskStop). A task that is not alive stays as it is.
    pub(crate) fn task_stop(&mut self, index: usize) -> Result<(), Error> {
        let task = self.task_index(index)?;
        if task == 0 {
            return Err(Error::Invalid);
        }
        if self.tasks[task].is_alive() {
            let fault = self.fault_at_rest(task, FaultKind::Stopped, 0);
            self.end_task(task, TaskState::Stopping, fault);
            self.reaper.queued_by(0);
        }
        Ok(())
    }

    /// End a task's life. It runs no more; the rest is the reaper's.
    #[inline(never)]
    pub(crate) fn end_task(&mut self, task: usize, state: TaskState, fault: Fault) {
        self.tasks[task].fault = fault;
        if task == 0 {
            self.end_machine();
        }
        self.leave_server(task);
        let record = &mut self.tasks[task];
        if fault.kind != FaultKind::Panic {
            record.message_length = 0;
        }
        record.state = state;
        record.accepting = no_handle(record.handle);
        record.peer = NO_TASK;
        record.serving = false;
        record.holding = false;
        record.pending = 0;
        record.operation.phase = Phase::None;
        self.ready &= !bit(task);
        self.timers.clear(task);
        self.overdue.clear(task);
        self.reaper.operating &= !bit(task);
        self.reaper.stopping |= bit(task);
        let record = &self.tasks[task];
        if record.waiting | record.in_service != 0 {
            self.reaper.waking |= bit(task);
        }
        self.reaper.queued_by(task);
        self.post(0, Notifications::TASK);
    }

    /// The reaper's step for a stopped task: release one lease that it holds. Whatever it lent
    /// is derived from one of those, and ends with it.
    #[inline(never)]
    pub(crate) fn stop_step(&mut self, task: usize) {
        let held = self.tasks[task].leases.any();
        if held != NIL {
            self.release_lease(held, task);
        }
        if self.tasks[task].leases.any() == NIL {
            self.reaper.stopping &= !bit(task);
            // Otherwise the end of the last of them does so.
            if self.tasks[task].held_count == 0 {
                self.become_dormant(task);
            }
        }
    }

    /// A stopped task whose last lease is gone, both ways, is dormant.
    #[inline(never)]
    pub(crate) fn become_dormant(&mut self, task: usize) {
        let record = &mut self.tasks[task];
        let stopped = matches!(record.state, TaskState::Faulted | TaskState::Stopping);
        let busy = (self.reaper.stopping | self.reaper.waking) & bit(task) != 0;
        if stopped && !busy && record.held_count == 0 && record.lent_count == 0 {
            record.state = TaskState::Dormant;
            self.post(0, Notifications::TASK);
        }
    }

    /// Wake one caller of a server that is dead or does not serve. None: there is none left.
    #[inline(never)]
    pub(crate) fn wake_caller(&mut self, server: usize) -> Option<usize> {
        let task = &mut self.tasks[server];
        let callers = task.waiting | task.in_service;
        if callers == 0 {
            return None;
        }
        let caller = first(callers);
        task.waiting &= !bit(caller);
        task.in_service &= !bit(caller);
        let results = if task.is_alive() {
            [Error::Unbound.code(), 0, 0]
        } else {
            [Error::Dead.code(), task.successor(), 0]
        };
        self.resume(caller, results);
        Some(caller)
    }
}
