//! A booted kernel on the model, and the moves that a test makes in it.

use super::calls::receive;
use super::{Model, Shares, data};
use crate::{Hardware, Kernel, Next};
use leasehold_abi::{
    Arguments, Call, Error, GrantInfo, LeaseInfo, Notifications, Registers, TaskInfo, arguments,
};
use std::boxed::Box;
use zerocopy::TryFromBytes;

/// The notification bit on which a task waits that has nothing to do.
pub(crate) const PARK: Notifications = Notifications::TIMER;

/// A machine with `L` leases, `G` grants and generations of `B` bits.
pub(crate) struct World<const L: usize = 64, const G: usize = 192, const B: u32 = 22> {
    pub(crate) kernel: Box<Kernel<Model, 6, L, G, B>>,
}

impl World {
    /// Boot, let every task run until it waits, and take the supervisor's first event.
    pub(crate) fn new() -> Self {
        Self::boot()
    }
}

impl<const L: usize, const G: usize, const B: u32> World<L, G, B> {
    /// As [`World::new`], for tables of any size.
    pub(crate) fn boot() -> Self {
        let mut kernel = Box::new(Kernel::new(Shares::<L, G>::CONFIG, Model::new()));
        assert_eq!(kernel.boot(), Ok(Next::Run(0)));
        let mut world = Self { kernel };
        assert_eq!(world.act(0, arguments::LeaseEvent {}), [0, 1, world.root()]);
        world.rest();
        world
    }

    /// The root lease's handle.
    pub(crate) fn root(&self) -> usize {
        self.kernel.leases.handle(0) as usize
    }

    /// A task's present handle.
    pub(crate) fn handle(&self, task: usize) -> usize {
        self.kernel.tasks[task].handle as usize
    }

    /// What a task's last call answered.
    pub(crate) fn results(&self, task: usize) -> [usize; 3] {
        self.kernel.tasks[task].context.results
    }

    /// The current task makes a call; the results are its registers then.
    pub(crate) fn make<A: Arguments>(&mut self, arguments: A) -> [usize; 3] {
        self.raw_call(A::CALL as usize, arguments.registers())
    }

    /// The same by number and registers.
    pub(crate) fn raw_call(&mut self, call: usize, registers: Registers) -> [usize; 3] {
        let task = self.kernel.current;
        self.kernel.hardware.work.set(0);
        let [first, second, third, ..] = registers;
        self.kernel
            .system_call(call, [first, second, third], || registers);
        self.results(task)
    }

    /// All tasks wait, and the reaper has nothing to do.
    pub(crate) fn rest(&mut self) {
        let mut next = self.kernel.next();
        while next != Next::Idle {
            self.make(receive(PARK.register()));
            next = self.kernel.next();
        }
    }

    /// Let `task` run: whoever is before it waits.
    pub(crate) fn become_task(&mut self, task: usize) {
        for _ in 0..64 {
            if self.kernel.current == task {
                return;
            }
            self.kernel.post(task, PARK);
            if let Next::Run(other) = self.kernel.next()
                && other != task
            {
                self.make(receive(PARK.register()));
            }
        }
        panic!(
            "task {task} cannot run: {:?}",
            self.kernel.tasks[task].state
        );
    }

    /// `task` makes a call.
    pub(crate) fn act(&mut self, task: usize, arguments: impl Arguments) -> [usize; 3] {
        self.become_task(task);
        self.make(arguments)
    }

    /// `task` makes a call that must succeed; the second result.
    pub(crate) fn value<A: Arguments>(&mut self, task: usize, arguments: A) -> usize {
        let [status, value, _] = self.act(task, arguments);
        let error = Error::from_code(status);
        assert_eq!(error, None, "{:?} of task {task}", A::CALL);
        value
    }

    /// `task` makes a call that must fail; how.
    pub(crate) fn error<A: Arguments>(&mut self, task: usize, arguments: A) -> Error {
        self.raw_error(task, A::CALL, arguments.registers())
    }

    /// The same by number and registers.
    pub(crate) fn raw_error(&mut self, task: usize, call: Call, registers: Registers) -> Error {
        self.become_task(task);
        let [status, ..] = self.raw_call(call as usize, registers);
        Error::from_code(status).unwrap_or_else(|| panic!("{call:?} of task {task} succeeded"))
    }

    /// Time passes; the alarm comes if it is due.
    pub(crate) fn pass(&mut self, ticks: u64) {
        self.kernel.hardware.now += ticks;
        let due = self
            .kernel
            .hardware
            .alarm
            .is_some_and(|at| at <= self.kernel.hardware.now());
        if due {
            self.kernel.interrupt();
        }
    }

    /// What the kernel says of a task.
    pub(crate) fn task_info(&mut self, of: usize) -> TaskInfo {
        assert_eq!(
            self.act(
                0,
                arguments::TaskInfo {
                    task: of,
                    record: data(0)
                }
            )[0],
            0
        );
        let bytes = self.kernel.hardware.bytes(data(0), size_of::<TaskInfo>());
        TaskInfo::try_read_from_bytes(bytes).unwrap()
    }

    /// What the kernel tells `task` of a lease.
    pub(crate) fn lease_info(&mut self, task: usize, lease: usize) -> Result<LeaseInfo, Error> {
        let [status, ..] = self.act(
            task,
            arguments::LeaseInfo {
                lease,
                record: data(task),
            },
        );
        if let Some(error) = Error::from_code(status) {
            return Err(error);
        }
        let bytes = self
            .kernel
            .hardware
            .bytes(data(task), size_of::<LeaseInfo>());
        Ok(LeaseInfo::try_read_from_bytes(bytes).unwrap())
    }

    /// What the kernel tells `task` of a grant.
    pub(crate) fn grant_info(
        &mut self,
        task: usize,
        lease: usize,
        index: usize,
    ) -> Result<GrantInfo, Error> {
        let [status, ..] = self.act(
            task,
            arguments::GrantInfo {
                lease,
                grant: index,
                record: data(task),
            },
        );
        if let Some(error) = Error::from_code(status) {
            return Err(error);
        }
        let bytes = self
            .kernel
            .hardware
            .bytes(data(task), size_of::<GrantInfo>());
        Ok(GrantInfo::try_read_from_bytes(bytes).unwrap())
    }

    /// Whether a task is dormant.
    pub(crate) fn is_dormant(&self, task: usize) -> bool {
        self.kernel.tasks[task].state == leasehold_abi::TaskState::Dormant
    }
}
