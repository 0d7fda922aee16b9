//! Faults, and how a task stops.

use crate::lease::links::NIL;
use crate::lease::operation::Phase;
use crate::schedule::bit;
use crate::task::{NO_TASK, no_handle};
use crate::{Context, Fault, Hardware, Kernel, Next};
use leasehold_abi::{Error, FaultKind, Notifications, PANIC_LENGTH, TaskState};

/// How far below the stack a stack pointer still counts as an overflow, in bytes.
const LARGEST_FRAME: usize = 1 << 20;

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// The current task faulted; its context is saved. A checked access goes on at its fix-up;
    /// anything else stops the task.
    pub fn fault(&mut self, fault: Fault) -> Next {
        let current = self.current;
        if current < self.count {
            let kind = self.hardware.fault_kind(current, fault.kind, fault.address);
            let fault = Fault { kind, ..fault };
            let config = self.config_of(current);
            let access = matches!(
                fault.kind,
                FaultKind::Read | FaultKind::Write | FaultKind::Bus
            );
            if access && config.checked.contains(fault.pc) {
                self.tasks[current].context.skip(H::CHECKED_STRIDE);
            } else {
                let kind = self.refine(current, fault);
                self.end_task(current, TaskState::Faulted, Fault { kind, ..fault });
            }
        }
        self.next()
    }

    /// Say more exactly what happened.
    fn refine(&self, task: usize, fault: Fault) -> FaultKind {
        let guard = self.config_of(task).guard;
        let below = (guard.base() + guard.length()).wrapping_sub(fault.stack);
        // A frame larger than the guard reaches past it: then the stack pointer tells.
        let overflow = guard.contains(fault.address) || (1..=LARGEST_FRAME).contains(&below);
        match fault.kind {
            kind if !matches!(kind, FaultKind::Read | FaultKind::Write) => kind,
            _ if overflow => FaultKind::StackOverflow,
            _ if self.tasks[task].lost_window_at(fault.address) => FaultKind::RevokedWindow,
            kind => kind,
        }
    }

    /// [`Call::Panic`](leasehold_abi::Call::Panic) of the current task.
    pub(crate) fn panic(&mut self, address: usize, length: usize) {
        let current = self.current;
        let length = length.min(PANIC_LENGTH);
        let record = &mut self.tasks[current];
        record.message = [0; PANIC_LENGTH];
        record.message_length = 0;
        if length != 0 && self.check(current, address, length, false).is_ok() {
            let record = &mut self.tasks[current];
            self.hardware.read(address, &mut record.message[..length]);
            record.message_length = length as u8;
        }
        let fault = self.fault_at_rest(current, FaultKind::Panic, 0);
        self.end_task(current, TaskState::Faulted, fault);
    }

    /// [`Call::TaskStop`](leasehold_abi::Call::TaskStop). A task that is not alive stays as it is.
    pub(crate) fn task_stop(&mut self, index: usize) -> Result<(), Error> {
        let task = self.task_index(index)?;
        if task == 0 {
            return Err(Error::Invalid);
        }
        if self.tasks[task].is_alive() {
            let fault = self.fault_at_rest(task, FaultKind::Stopped, 0);
            self.end_task(task, TaskState::Stopping, fault);
            self.reaper.charge(0);
        }
        Ok(())
    }

    /// [`Call::TaskStart`](leasehold_abi::Call::TaskStart): the handle of the life to come.
    ///
    /// `Busy` unless the task is dormant, `Exhausted` when its generations are used up.
    pub(crate) fn task_start(&mut self, index: usize) -> Result<usize, Error> {
        let task = self.task_index(index)?;
        let record = &self.tasks[task];
        if record.state != TaskState::Dormant || self.reaper.starting & bit(task) != 0 {
            return Err(Error::Busy);
        }
        let handle = record.next_handle().ok_or(Error::Exhausted)?;
        self.begin_start(task);
        Ok(handle as usize)
    }

    /// A fault that no instruction of the task's raised: where it last entered the kernel.
    pub(crate) fn fault_at_rest(&self, task: usize, kind: FaultKind, address: usize) -> Fault {
        let (pc, stack) = self.tasks[task].context.place();
        Fault {
            kind,
            address,
            pc,
            stack,
        }
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
        record.pending = 0;
        record.operation.phase = Phase::None;
        self.ready &= !bit(task);
        self.timers.clear(task);
        self.overdue.clear(task);
        self.reaper.operating &= !bit(task);
        self.reaper.stopping |= bit(task);
        self.reaper.waking |= bit(task);
        self.reaper.charge(task);
        self.post(0, Notifications::TASK);
    }

    /// The reaper's step for a stopped task: release one lease that it holds. Whatever it lent
    /// is derived from one of those, and ends with it.
    pub(crate) fn stop_step(&mut self, task: usize) {
        let held = self.tasks[task].held.first;
        if held != NIL {
            self.release_lease(held, task);
            return;
        }
        self.reaper.stopping &= !bit(task);
        self.settle(task);
    }

    /// A stopped task whose last lease is gone, both ways, is dormant.
    #[inline(never)]
    pub(crate) fn settle(&mut self, task: usize) {
        let record = &mut self.tasks[task];
        let stopped = matches!(record.state, TaskState::Faulted | TaskState::Stopping);
        let busy = (self.reaper.stopping | self.reaper.waking) & bit(task) != 0;
        if stopped && !busy && record.held_count == 0 && record.lent_count == 0 {
            record.state = TaskState::Dormant;
            self.post(0, Notifications::TASK);
        }
    }

    /// Nothing goes on without the supervisor: say why, and turn the machine off.
    fn end_machine(&mut self) -> ! {
        let record = &self.tasks[0];
        let fault = record.fault;
        self.hardware.print(b"supervisor: ");
        self.hardware.print(fault.kind.text().as_bytes());
        for (name, value) in [
            (" at ", fault.address),
            (", pc ", fault.pc),
            (", stack ", fault.stack),
        ] {
            self.hardware.print(name.as_bytes());
            self.hardware.print(&hexadecimal(value));
        }
        let record = &self.tasks[0];
        if record.message_length != 0 {
            self.hardware.print(b": ");
            self.hardware
                .print(&record.message[..record.message_length as usize % (PANIC_LENGTH + 1)]);
        }
        self.hardware.print(b"\n");
        self.hardware.off(1, false)
    }
}

/// A number as `0x` and sixteen digits.
fn hexadecimal(value: usize) -> [u8; 18] {
    let mut text = *b"0x0000000000000000";
    for (place, digit) in text.iter_mut().skip(2).enumerate() {
        let nibble = (value as u64 >> (60 - 4 * place)) & 15;
        *digit = b"0123456789abcdef"[nibble as usize];
    }
    text
}
