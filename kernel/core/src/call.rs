//! System calls: from numbers and registers to the functions that do them.

use crate::{Context, Hardware, Kernel, Next};
use leasehold_abi::{Arguments, Call, DEBUG_STEP, Error, Registers, arguments};

/// Whether the entry code tells the calls that wait apart from all others, and calls [`Kernel::wait`] for them. On Arm
/// it does so with most.
const WAITS_APART: bool = cfg!(any(target_arch = "riscv32", target_arch = "riscv64"));

fn status(result: Result<(), Error>) -> [usize; 3] {
    match result {
        Ok(()) => [0, 0, 0],
        Err(error) => [error.code(), 0, 0],
    }
}

fn value(result: Result<usize, Error>) -> [usize; 3] {
    match result {
        Ok(value) => [0, value, 0],
        Err(error) => [error.code(), 0, 0],
    }
}

fn pair(result: Result<(usize, usize), Error>) -> [usize; 3] {
    match result {
        Ok((first, second)) => [0, first, second],
        Err(error) => [error.code(), 0, 0],
    }
}

/// An expression in a call's arguments, by their names; or in all registers, for a function that itself says what they
/// are: more than three are passed on where they lie.
macro_rules! with {
    ($registers:ident, $call:ident [$all:ident] => $answer:expr) => {{
        let $all = $registers;
        $answer
    }};
    ($registers:ident, $call:ident { $($field:ident),* } => $answer:expr) => {{
        let arguments::$call { $($field),* } = Arguments::from_registers($registers);
        $answer
    }};
}

/// From one table: which calls are quick, and what each does with its arguments.
macro_rules! quick_calls {
    ($kernel:ident; $($call:ident $arguments:tt => $answer:expr,)*) => {
        /// Calls that do not block, wake a task or queue work. They return to the caller, so the entry code leaves its
        /// registers where they are. A bit for each number. `TaskSelf` is not one of them: the entry code may answer
        /// it alone.
        pub const QUICK: u32 = 0 $(| 1 << Call::$call as u32)*;

        impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
            Kernel<H, T, L, G, B>
        {
            #[inline(never)]
            fn other_quick_call(
                &mut self,
                number: usize,
                registers: Registers,
            ) -> Option<[usize; 3]> {
                let $kernel = self;
                Some(match Call::from_number(number)? {
                    $(Call::$call => with!(registers, $call $arguments => $answer),)*
                    _ => return None,
                })
            }
        }
    };
}

quick_calls! { kernel;
    Time {} => kernel.time(),
    BorrowRead [registers] => kernel.copied(registers, false),
    BorrowWrite [registers] => kernel.copied(registers, true),
    BorrowInfo { client, index } => pair(kernel.borrow_info(client, index)),
    LeaseEvent {} => pair(kernel.lease_event()),
    LeaseInfo { lease, record } => status(kernel.lease_info(lease, record)),
    GrantInfo { lease, grant, record } => status(kernel.grant_info(lease, grant, record)),
    InterruptAcknowledge { lease, grant } => status(kernel.interrupt_acknowledge(lease, grant)),
    ConfigWrite [registers] => status(kernel.config_write(registers)),
    ConfigRead { lease, grant, offset } => value(kernel.config_read(lease, grant, offset)),
    TaskInfo { task, record } => status(kernel.task_info(task, record)),
}

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// A system call of the current task, whose context is saved (the message registers too,
    /// for calls marked *message*). The answer is in its context. The first three registers come by themselves: only
    /// calls that are not told apart here need all of them in memory.
    #[inline(always)]
    pub fn system_call(
        &mut self,
        number: usize,
        [first, second, third]: [usize; 3],
        registers: impl FnOnce() -> Registers,
    ) -> Next {
        let few = [first, second, third, 0, 0, 0];
        // Three apart from the others, whose many registers they need not save.
        if number == Call::Notify as usize && self.current < T {
            let results = with!(few, Notify { task, bits } => status(self.notify(task, bits)));
            self.tasks[self.current].context.set_results(results);
            self.choose();
        } else if number == Call::LeaseRevoke as usize && self.current < T {
            with!(few, LeaseRevoke { lease, mode } => self.revoke(lease, mode));
        } else if number == Call::LeaseLend as usize && self.current < T {
            with!(few, LeaseLend { lending, parts, count } =>
                self.lease_lend(lending, parts, count));
        } else {
            self.other_system_call(number, registers());
        }
        self.chosen()
    }

    #[inline(never)]
    fn revoke(&mut self, handle: usize, mode: usize) {
        let results = status(self.lease_revoke(handle, mode));
        self.tasks[self.current].context.set_results(results);
        self.choose_shared();
    }

    #[inline(never)]
    fn other_system_call(&mut self, number: usize, registers: Registers) {
        if !WAITS_APART && number == Call::Receive as usize {
            return with!(registers, Receive { mask, before, peers } =>
                self.wait_here(mask, before, peers));
        }
        if !WAITS_APART && number == Call::ReplyReceive as usize && self.current < T {
            return with!(registers, ReplyReceive { client, mask } =>
                self.reply_receive(client, mask));
        }
        self.dispatch(number, registers);
        self.choose_shared();
    }

    /// A call that neither blocks, nor wakes anybody, nor queues work: the three results, to be
    /// given to the caller without saving its context. None: take [`Kernel::system_call`];
    /// nothing has changed.
    #[inline(always)]
    pub fn quick_call(&mut self, number: usize, registers: Registers) -> Option<[usize; 3]> {
        if number == Call::TaskSelf as usize {
            return Some([0, self.tasks.get(self.current)?.handle as usize, 0]);
        }
        let write = number == Call::BorrowWrite as usize;
        if write || number == Call::BorrowRead as usize {
            return Some(self.copied(registers, write));
        }
        self.other_quick_call(number, registers)
    }

    #[inline(always)]
    fn copied(&mut self, registers: Registers, write: bool) -> [usize; 3] {
        let (status, copied) = self.borrow_copy(registers, write);
        [status, copied, 0]
    }

    fn time(&self) -> [usize; 3] {
        let now = self.now();
        if cfg!(target_pointer_width = "64") {
            [0, now as usize, 0]
        } else {
            [0, now as u32 as usize, (now >> 32) as usize]
        }
    }

    fn dispatch(&mut self, number: usize, registers: Registers) {
        let current = self.current;
        if current >= T {
            return;
        }
        // Loaded once for all that take no more.
        let [first, second, third, ..] = registers;
        let few = [first, second, third, 0, 0, 0];
        let results = match Call::from_number(number) {
            None => [Error::Invalid.code(), 0, 0],
            Some(Call::Call) => {
                return with!(few, Call { destination, borrows, count } =>
                    self.call(destination, borrows, count));
            }
            Some(Call::Panic) => {
                return with!(few, Panic { message, length } => self.panic(message, length));
            }
            Some(Call::TaskSelf) => [0, self.tasks[current].handle as usize, 0],
            Some(Call::Reply) => with!(few, Reply { client } => status(self.reply(client))),
            Some(Call::Notify) => {
                with!(few, Notify { task, bits } => status(self.notify(task, bits)))
            }
            Some(Call::SetTimer) => with!(few, SetTimer { deadline, bits } =>
                status(self.set_timer(deadline, bits))),
            Some(Call::SetServing) => {
                with!(few, SetServing { serving } => status(self.set_serving(serving)))
            }
            Some(Call::LeaseRelease) => {
                with!(few, LeaseRelease { lease } => status(self.lease_release(lease)))
            }
            Some(Call::GrantClaim) => match self.grant_claim(registers) {
                Some(result) => value(result),
                None => return,
            },
            Some(Call::GrantUnclaim) => {
                match with!(few, GrantUnclaim { lease, grant } =>
                    self.grant_unclaim(lease, grant))
                {
                    Some(result) => value(result),
                    None => return,
                }
            }
            Some(
                call @ (Call::TaskStop
                | Call::TaskStart
                | Call::LeaseAt
                | Call::GrantAt
                | Call::StackUse
                | Call::DebugWrite
                | Call::SystemOff),
            ) => {
                if current == 0 {
                    self.supervise(call, registers)
                } else {
                    [Error::Denied.code(), 0, 0]
                }
            }
            Some(_) => match self.other_quick_call(number, registers) {
                Some(results) => results,
                None => [Error::Invalid.code(), 0, 0],
            },
        };
        self.tasks[current].context.set_results(results);
    }

    /// The calls of the supervisor.
    fn supervise(&mut self, call: Call, registers: Registers) -> [usize; 3] {
        let [first, second, third, ..] = registers;
        let few = [first, second, third, 0, 0, 0];
        match call {
            Call::TaskStop => with!(few, TaskStop { task } => status(self.task_stop(task))),
            Call::TaskStart => {
                with!(few, TaskStart { task } => value(self.task_start(task)))
            }
            Call::LeaseAt => with!(few, LeaseAt { slot, record } =>
                status(self.lease_at(slot, record))),
            Call::GrantAt => with!(few, GrantAt { lease, grant, record } =>
                status(self.grant_at(lease, grant, record))),
            Call::StackUse => with!(few, StackUse { task, offset } =>
                pair(self.stack_use(task, offset))),
            Call::DebugWrite => with!(few, DebugWrite { text, length } =>
                status(self.debug_write(text, length))),
            Call::SystemOff => with!(few, SystemOff { code, reset } =>
                self.hardware.off(code as u32, reset == 1)),
            _ => [Error::Invalid.code(), 0, 0],
        }
    }

    fn debug_write(&mut self, address: usize, length: usize) -> Result<(), Error> {
        self.check(self.current, address, length, false)?;
        let mut bytes = [0; DEBUG_STEP];
        let bytes = &mut bytes[..length.min(DEBUG_STEP)];
        // An empty buffer may lie anywhere.
        if !bytes.is_empty() {
            self.hardware.read(address, bytes);
            self.hardware.print(bytes);
        }
        Ok(())
    }
}
