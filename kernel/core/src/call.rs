//! System calls: from numbers and registers to the functions that do them.

use crate::{Context, Hardware, Kernel, Next};
use leasehold_abi::{Call, DEBUG_STEP, Error};

/// A 64-bit argument that starts at `arguments[at]`, and where the next argument is.
fn wide(arguments: &[usize; 6], at: usize) -> (u64, usize) {
    if cfg!(target_pointer_width = "64") {
        (arguments[at] as u64, at + 1)
    } else {
        (
            arguments[at] as u64 | (arguments[at + 1] as u64) << 32,
            at + 2,
        )
    }
}

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

/// From one table: which calls are quick, and what each does with its arguments.
macro_rules! quick_calls {
    ($kernel:ident, $arguments:ident; $($call:ident => $answer:expr,)*) => {
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
                $arguments: [usize; 6],
            ) -> Option<[usize; 3]> {
                let $kernel = self;
                Some(match Call::from_number(number)? {
                    $(Call::$call => $answer,)*
                    _ => return None,
                })
            }
        }
    };
}

quick_calls! { kernel, arguments;
    Time => kernel.time(),
    BorrowRead => kernel.copied(arguments, false),
    BorrowWrite => kernel.copied(arguments, true),
    BorrowInfo => pair(kernel.borrow_info(arguments[0], arguments[1])),
    LeaseEvent => pair(kernel.lease_event()),
    LeaseInfo => status(kernel.lease_info(arguments[0], arguments[1])),
    GrantInfo => status(kernel.grant_info(arguments[0], arguments[1], arguments[2])),
    InterruptAcknowledge => status(kernel.interrupt_acknowledge(arguments[0], arguments[1])),
    ConfigWrite => status(kernel.config_write(arguments)),
    ConfigRead => value(kernel.config_read(arguments[0], arguments[1], arguments[2])),
    TaskInfo => status(kernel.task_info(arguments[0], arguments[1])),
}

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// A system call of the current task, whose context is saved (the message registers too,
    /// for calls marked *message*). The answer is in its context.
    #[inline(always)]
    pub fn system_call(&mut self, number: usize, arguments: [usize; 6]) -> Next {
        // Three apart from the others, whose many registers they need not save.
        if number == Call::Notify as usize && self.current < T {
            let results = status(self.notify(arguments[0], arguments[1]));
            self.tasks[self.current].context.set_results(results);
            return self.next();
        }
        if number == Call::LeaseRevoke as usize && self.current < T {
            return self.revoke(arguments[0], arguments[1]);
        }
        if number == Call::LeaseLend as usize && self.current < T {
            let [lending, parts, count, ..] = arguments;
            return self.lease_lend(lending, parts, count);
        }
        self.other_system_call(number, arguments)
    }

    #[inline(never)]
    fn revoke(&mut self, handle: usize, mode: usize) -> Next {
        let results = status(self.lease_revoke(handle, mode));
        self.tasks[self.current].context.set_results(results);
        self.next()
    }

    #[inline(never)]
    fn other_system_call(&mut self, number: usize, arguments: [usize; 6]) -> Next {
        if number == Call::Receive as usize {
            return self.wait(arguments[0], arguments[1], arguments[2]);
        }
        if number == Call::ReplyReceive as usize && self.current < T {
            return self.reply_receive(arguments[0], arguments[1]);
        }
        self.dispatch(number, arguments);
        self.next_shared()
    }

    /// A call that neither blocks, nor wakes anybody, nor queues work: the three results, to be
    /// given to the caller without saving its context. None: take [`Kernel::system_call`];
    /// nothing has changed.
    #[inline(always)]
    pub fn quick_call(&mut self, number: usize, arguments: [usize; 6]) -> Option<[usize; 3]> {
        if number == Call::TaskSelf as usize {
            return Some([0, self.tasks.get(self.current)?.handle as usize, 0]);
        }
        let write = number == Call::BorrowWrite as usize;
        if write || number == Call::BorrowRead as usize {
            return Some(self.copied(arguments, write));
        }
        self.other_quick_call(number, arguments)
    }

    #[inline(always)]
    fn copied(&mut self, arguments: [usize; 6], write: bool) -> [usize; 3] {
        let (status, copied) = self.borrow_copy(arguments, write);
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

    fn dispatch(&mut self, number: usize, arguments: [usize; 6]) {
        let current = self.current;
        if current >= T {
            return;
        }
        let [first, second, third, ..] = arguments;
        let results = match Call::from_number(number) {
            None => [Error::Invalid.code(), 0, 0],
            Some(Call::Call) => return self.call(first, second, third),
            Some(Call::Panic) => return self.panic(first, second),
            Some(Call::TaskSelf) => [0, self.tasks[current].handle as usize, 0],
            Some(Call::Reply) => status(self.reply(first)),
            Some(Call::Notify) => status(self.notify(first, second)),
            Some(Call::SetTimer) => {
                let (deadline, next) = wide(&arguments, 0);
                status(self.set_timer(deadline, arguments[next]))
            }
            Some(Call::SetServing) => status(self.set_serving(first)),
            Some(Call::LeaseRelease) => status(self.lease_release(first)),
            Some(Call::GrantClaim) => match self.grant_claim(arguments) {
                Some(result) => value(result),
                None => return,
            },
            Some(Call::GrantUnclaim) => match self.grant_unclaim(first, second) {
                Some(result) => value(result),
                None => return,
            },
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
                    self.supervise(call, arguments)
                } else {
                    [Error::Denied.code(), 0, 0]
                }
            }
            Some(_) => match self.other_quick_call(number, arguments) {
                Some(results) => results,
                None => [Error::Invalid.code(), 0, 0],
            },
        };
        self.tasks[current].context.set_results(results);
    }

    /// The calls of the supervisor.
    fn supervise(&mut self, call: Call, arguments: [usize; 6]) -> [usize; 3] {
        let [first, second, third, ..] = arguments;
        match call {
            Call::TaskStop => status(self.task_stop(first)),
            Call::TaskStart => value(self.task_start(first)),
            Call::LeaseAt => status(self.lease_at(first, second)),
            Call::GrantAt => status(self.grant_at(first, second, third)),
            Call::StackUse => pair(self.stack_use(first, second)),
            Call::DebugWrite => status(self.debug_write(first, second)),
            Call::SystemOff => self.hardware.off(first as u32, second == 1),
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
