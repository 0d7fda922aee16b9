//! Faults and panics of tasks, and that of the supervisor, which ends the machine.

use crate::{Context, Fault, Hardware, Kernel, Next};
use leasehold_abi::{FaultKind, PANIC_LENGTH, TaskState};

/// How far below the stack a stack pointer still counts as an overflow, in bytes.
const LARGEST_FRAME: usize = 1 << 20;

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// The current task faulted; its context is saved. A checked access goes on at its fix-up;
    /// anything else stops the task.
    pub fn fault(&mut self, fault: Fault) -> Next {
        let current = self.current;
        if current < T {
            let kind = self.hardware.fault_kind(current, fault.kind, fault.address);
            let fault = Fault { kind, ..fault };
            let config = self.config_of(current);
            let access = matches!(
                fault.kind,
                FaultKind::Read | FaultKind::Write | FaultKind::Bus
            );
            if access && config.is_checked(fault.pc) {
                self.tasks[current].context.skip(H::CHECKED_STRIDE);
            } else {
                let kind = self.refine(current, fault);
                self.end_task(current, TaskState::Faulted, Fault { kind, ..fault });
            }
        }
        self.choose_shared();
        self.chosen()
    }

    /// Say more exactly what happened.
    fn refine(&self, task: usize, fault: Fault) -> FaultKind {
        let config = self.config_of(task);
        let bottom = config.data.base();
        let below = bottom.wrapping_sub(fault.stack);
        // A frame larger than the guard reaches past it: then the stack pointer tells.
        let in_guard = (1..=H::GUARD).contains(&bottom.wrapping_sub(fault.address));
        let overflow = in_guard || (1..=LARGEST_FRAME).contains(&below);
        match fault.kind {
            kind if !matches!(kind, FaultKind::Read | FaultKind::Write) => kind,
            _ if overflow => FaultKind::StackOverflow,
            _ if self.lost_window_at(task, fault.address) => FaultKind::RevokedWindow,
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

    /// Nothing goes on without the supervisor.
    pub(super) fn end_machine(&mut self) -> ! {
        let record = &self.tasks[0];
        let length = record.message_length as usize;
        let message = record.message.get(..length).unwrap_or_default();
        self.hardware.supervisor_ended(&record.fault, message)
    }
}
