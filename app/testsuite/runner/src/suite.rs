//! The runner's control of its workers: starts them fresh, gives them commands, and waits with a limit.

use crate::board::{Clock, TICKS_PER_MS, WORD, edu};
use crate::cells::Cells;
use crate::outcome::{Failure, Outcome, because, check, fail};
use leasehold_abi::{
    Call, Error, FaultKind, LeaseHandle, Notifications, Tag, TaskHandle, TaskInfo, TaskState,
};
use testsuite_protocol::{Command, HELLO, Place, REPORT};
use userlib::sys::{self, Message, Received};
use zerocopy::{IntoBytes, TryFromBytes};

/// Indexes of the tasks, as the manifest sorts them.
pub(crate) const RUNNER: usize = 0;
/// Is called by most others.
pub(crate) const SERVER: usize = 1;
/// May lend to the lessee.
pub(crate) const LESSOR: usize = 2;
/// May lend to the grandchild, and notify the server and those from the lessor to the rival.
pub(crate) const LESSEE: usize = 3;
/// Lends to nobody.
pub(crate) const GRANDCHILD: usize = 4;
/// May call server and lessor, and notify server and lessee.
pub(crate) const CLIENT: usize = 5;
/// May call the server, and has a lower priority than the client.
pub(crate) const RIVAL: usize = 6;
/// May do nothing but call the runner.
pub(crate) const ATTACKER: usize = 7;
/// Number of tasks.
pub(crate) const TASKS: usize = 8;
/// Their names.
pub(crate) const NAMES: [&str; TASKS] = [
    "test-runner",
    "server",
    "lessor",
    "lessee",
    "grandchild",
    "client",
    "rival",
    "attacker",
];

/// Notifications that a worker may post to the runner, none of which the tests use for themselves.
const WAKE: Notifications = Notifications::TIMER.union(Notifications::KERNEL);
/// How long a test may take where it does not say.
const LIMIT_MS: u64 = 5_000;

/// Words of a command or a report.
pub(crate) type Words = [usize; 8];

/// What the runner knows of a worker.
#[derive(Clone, Copy)]
struct Worker {
    handle: TaskHandle,
    places: Words,
    /// It waits for a command, with this report.
    report: Option<Words>,
}

/// The tests' view of the machine.
pub(crate) struct Suite {
    root: LeaseHandle,
    clock: Clock,
    edu: Option<edu::EduAddresses>,
    deadline: u64,
    workers: [Worker; TASKS],
    notified: Notifications,
    /// The isolation matrix, as far as it ran.
    pub(crate) cells: Cells,
}

impl Suite {
    /// With the root lease, and no worker started. None if the board has no device that can interrupt.
    pub(crate) fn new(root: LeaseHandle) -> Option<Self> {
        let worker = Worker {
            handle: TaskHandle::from_raw(0),
            places: [0; 8],
            report: None,
        };
        Some(Self {
            root,
            clock: Clock::find(root)?,
            edu: edu::EduAddresses::find(root),
            deadline: 0,
            workers: [worker; TASKS],
            notified: Notifications::empty(),
            cells: Cells::default(),
        })
    }

    /// The device that interrupts.
    pub(crate) const fn clock(&self) -> Clock {
        self.clock
    }

    /// Where the `edu` device is.
    pub(crate) fn edu(&self) -> Outcome<edu::EduAddresses> {
        self.edu
            .ok_or_else(|| because(format_args!("there is no edu device")))
    }

    /// The lease of everything.
    pub(crate) const fn root(&self) -> LeaseHandle {
        self.root
    }

    /// Starts the clock of a test.
    pub(crate) fn begin_test(&mut self) {
        self.limit(LIMIT_MS);
    }

    /// Gives the test this long from now, in milliseconds.
    pub(crate) fn limit(&mut self, milliseconds: u64) {
        self.deadline = sys::time() + milliseconds * TICKS_PER_MS;
    }

    /// Handle of a worker's present life.
    pub(crate) fn handle(&self, task: usize) -> usize {
        self.workers[task].handle.raw() as usize
    }

    /// Where a worker has something.
    pub(crate) fn place(&self, task: usize, place: Place) -> usize {
        self.workers[task].places[place as usize]
    }

    /// About a task.
    pub(crate) fn info(&self, task: usize) -> Outcome<TaskInfo> {
        sys::task_info(task).map_err(|error| because(format_args!("task_info: {error}")))
    }

    /// Whether a task is in the middle of a life.
    pub(crate) fn is_alive(&self, task: usize) -> Outcome<bool> {
        Ok(!self.info(task)?.has_ended())
    }

    /// Starts a worker fresh, ending its present life, and waits for its first report.
    pub(crate) fn start(&mut self, task: usize) -> Outcome {
        if self.is_alive(task)? {
            self.stop(task)?;
        }
        self.wait_dormant(task)?;
        match sys::task_start(task) {
            Ok(handle) => {
                self.workers[task] = Worker {
                    handle,
                    places: [0; 8],
                    report: None,
                };
            }
            Err(error) => fail!("start of {}: {error}", NAMES[task]),
        }
        self.workers[task].places = self.finish(task)?;
        self.workers[task].report = Some([0; 8]);
        Ok(())
    }

    /// Starts several workers.
    pub(crate) fn start_all(&mut self, tasks: &[usize]) -> Outcome {
        tasks.iter().try_for_each(|task| self.start(*task))
    }

    /// Stops a worker; it may still have leases to end.
    pub(crate) fn stop(&mut self, task: usize) -> Outcome {
        self.workers[task].report = None;
        sys::task_stop(task)
            .map_err(|error| because(format_args!("stop of {}: {error}", NAMES[task])))
    }

    /// Gives a worker that waits for a command no more of them.
    pub(crate) fn abandon(&mut self, task: usize) {
        self.workers[task].report = None;
    }

    /// Waits until a task may be started.
    pub(crate) fn wait_dormant(&mut self, task: usize) -> Outcome {
        while self.info(task)?.state != TaskState::Dormant {
            self.wait_a_little()?;
        }
        Ok(())
    }

    /// Gives a worker a command and does not wait for its report.
    pub(crate) fn begin(&mut self, task: usize, command: Command, arguments: &[usize]) -> Outcome {
        check!(
            self.workers[task].report.take().is_some(),
            "{} is not waiting for a command",
            NAMES[task]
        );
        let mut words = [0; 8];
        for (word, argument) in words.iter_mut().zip(arguments) {
            *word = *argument;
        }
        let message = Message::new(Tag::new(command as u16, 8), words);
        sys::reply(self.workers[task].handle, &message)
            .map_err(|error| because(format_args!("command to {}: {error}", NAMES[task])))
    }

    /// Waits for the report of a command that was begun.
    pub(crate) fn finish(&mut self, task: usize) -> Outcome<Words> {
        loop {
            if let Some(report) = self.workers[task].report {
                return Ok(report);
            }
            self.check_alive(task)?;
            self.wait_a_little()?;
        }
    }

    /// The report of a command that was begun, if it comes within this time.
    pub(crate) fn finish_within(
        &mut self,
        task: usize,
        milliseconds: u64,
    ) -> Outcome<Option<Words>> {
        let until = sys::time() + milliseconds * TICKS_PER_MS;
        loop {
            if let Some(report) = self.workers[task].report {
                return Ok(Some(report));
            }
            self.check_alive(task)?;
            if sys::time() >= until {
                return Ok(None);
            }
            self.pump(until)?;
        }
    }

    /// A worker does one command.
    pub(crate) fn command(
        &mut self,
        task: usize,
        command: Command,
        arguments: &[usize],
    ) -> Outcome<Words> {
        self.begin(task, command, arguments)?;
        self.finish(task)
    }

    /// A worker makes a system call; answers the three result registers.
    pub(crate) fn call(
        &mut self,
        task: usize,
        call: Call,
        arguments: &[usize],
    ) -> Outcome<[usize; 3]> {
        self.begin_call(task, call, arguments)?;
        self.call_result(task)
    }

    /// A worker begins a system call.
    pub(crate) fn begin_call(&mut self, task: usize, call: Call, arguments: &[usize]) -> Outcome {
        let mut words = [0; 8];
        words[0] = call as usize;
        for (word, argument) in words[1..].iter_mut().zip(arguments) {
            *word = *argument;
        }
        self.begin(task, Command::SystemCall, &words)
    }

    /// Waits for the system call that was begun.
    pub(crate) fn call_result(&mut self, task: usize) -> Outcome<[usize; 3]> {
        let [first, second, third, ..] = self.finish(task)?;
        Ok([first, second, third])
    }

    /// A worker makes a system call that must succeed; answers the second and third result.
    pub(crate) fn ok(
        &mut self,
        task: usize,
        call: Call,
        arguments: &[usize],
    ) -> Outcome<[usize; 2]> {
        let [status, first, second] = self.call(task, call, arguments)?;
        succeeded(NAMES[task], call, status)?;
        Ok([first, second])
    }

    /// A worker makes a system call that must be refused with one of these errors.
    pub(crate) fn refused(
        &mut self,
        task: usize,
        call: Call,
        arguments: &[usize],
        errors: &[Error],
    ) -> Outcome {
        let [status, ..] = self.call(task, call, arguments)?;
        refused(NAMES[task], call, status, errors)
    }

    /// A worker makes system calls, each of which must be refused with one of these errors.
    pub(crate) fn all_refused(
        &mut self,
        task: usize,
        errors: &[Error],
        calls: &[(Call, &[usize])],
    ) -> Outcome {
        calls
            .iter()
            .try_for_each(|(call, arguments)| self.refused(task, *call, arguments, errors))
    }

    /// The system call that was begun must end with success.
    pub(crate) fn ends_ok(&mut self, task: usize, call: Call) -> Outcome<[usize; 2]> {
        let [status, first, second] = self.call_result(task)?;
        succeeded(NAMES[task], call, status)?;
        Ok([first, second])
    }

    /// The system call that was begun must end with one of these errors.
    pub(crate) fn ends_refused(&mut self, task: usize, call: Call, errors: &[Error]) -> Outcome {
        let [status, ..] = self.call_result(task)?;
        refused(NAMES[task], call, status, errors)
    }

    /// A worker loads.
    pub(crate) fn load(&mut self, task: usize, address: usize, width: usize) -> Outcome<usize> {
        Ok(self.command(task, Command::Load, &[address, width])?[0])
    }

    /// A worker stores.
    pub(crate) fn store(
        &mut self,
        task: usize,
        address: usize,
        width: usize,
        value: usize,
    ) -> Outcome {
        self.command(task, Command::Store, &[address, width, value])
            .map(drop)
    }

    /// Ticks since boot, as a worker is told.
    pub(crate) fn time(&mut self, task: usize) -> Outcome<u64> {
        let [low, high] = self.ok(task, Call::Time, &[])?;
        Ok(if WORD == 8 {
            low as u64
        } else {
            low as u64 | (high as u64) << 32
        })
    }

    /// A worker sets its timer.
    pub(crate) fn set_timer(&mut self, task: usize, deadline: u64, bits: usize) -> Outcome {
        let (low, high) = (deadline as usize, (deadline >> 32) as usize);
        let arguments: &[usize] = if WORD == 8 {
            &[low, bits]
        } else {
            &[low, high, bits]
        };
        self.ok(task, Call::SetTimer, arguments).map(drop)
    }

    /// A record of the kernel's in a worker's memory.
    pub(crate) fn record<T: TryFromBytes>(&mut self, task: usize, address: usize) -> Outcome<T> {
        /// Longest record, in words.
        const MOST: usize = 64;
        let length = size_of::<T>();
        let mut words = [0_usize; MOST];
        for (index, part) in words[..length.div_ceil(WORD)].chunks_mut(8).enumerate() {
            let arguments = [address + index * 8 * WORD, part.len()];
            let loaded = self.command(task, Command::LoadWords, &arguments)?;
            part.copy_from_slice(&loaded[..part.len()]);
        }
        T::try_read_from_bytes(&words.as_bytes()[..length])
            .map_err(|_| because(format_args!("a record that is none")))
    }

    /// A worker does something that must stop it with this fault; answers what the kernel tells of it.
    pub(crate) fn faults(
        &mut self,
        task: usize,
        command: Command,
        arguments: &[usize],
        kinds: &[FaultKind],
    ) -> Outcome<TaskInfo> {
        self.begin(task, command, arguments)?;
        self.wait_fault(task, kinds)
    }

    /// Waits until a worker has been stopped by one of these faults.
    pub(crate) fn wait_fault(&mut self, task: usize, kinds: &[FaultKind]) -> Outcome<TaskInfo> {
        loop {
            let info = self.info(task)?;
            if info.has_ended() {
                let kind = info.fault;
                check!(
                    kinds.contains(&kind),
                    "{}: {} at {:#x} (pc {:#x}), not {}",
                    NAMES[task],
                    kind.text(),
                    info.fault_address,
                    info.fault_pc,
                    kinds[0].text()
                );
                return Ok(info);
            }
            if let Some(report) = self.workers[task].report {
                fail!("{} was not stopped; it reports {:x?}", NAMES[task], report);
            }
            self.wait_a_little()?;
        }
    }

    /// Lets other tasks run for this long.
    pub(crate) fn pause(&mut self, milliseconds: u64) -> Outcome {
        let until = sys::time() + milliseconds * TICKS_PER_MS;
        while sys::time() < until {
            self.pump(until)?;
        }
        Ok(())
    }

    /// Waits for a notification of the kernel's: [`Notifications::KERNEL`].
    pub(crate) fn wait_notified(&mut self, wanted: Notifications) -> Outcome {
        while !self.notified.intersects(wanted) {
            self.wait_a_little()?;
        }
        self.notified -= wanted;
        Ok(())
    }

    /// Forgets notifications that came so far.
    pub(crate) fn clear_notified(&mut self) -> Outcome {
        self.pause(1)?;
        self.notified = Notifications::empty();
        Ok(())
    }

    /// Fails when the worker's life is over.
    fn check_alive(&self, task: usize) -> Outcome {
        let info = self.info(task)?;
        if !info.has_ended() {
            return Ok(());
        }
        let (address, pc) = (info.fault_address, info.fault_pc);
        fail!(
            "{} was stopped: {} at {address:#x}, pc {pc:#x}",
            NAMES[task],
            info.fault.text()
        )
    }

    /// Waits for anything, for at most a millisecond; the end of the test's time is a failure.
    fn wait_a_little(&mut self) -> Outcome {
        self.pump(sys::time() + TICKS_PER_MS)
    }

    /// Waits for one message or notification, until a time or the end of the test's.
    fn pump(&mut self, until: u64) -> Outcome {
        if sys::time() >= self.deadline {
            return Err(Failure::Hung);
        }
        let mut message = Message::EMPTY;
        let received = sys::set_timer(until.min(self.deadline), Notifications::TIMER)
            .and_then(|()| sys::receive(WAKE, &mut message))
            .map_err(|error| because(format_args!("the runner's receive: {error}")))?;
        match received {
            Received::Notified(bits) => self.notified |= bits - Notifications::TIMER,
            Received::Message(client) => {
                let worker = &mut self.workers[client.index()];
                let operation = message.tag.operation();
                // Others are of a life that is over: the kernel answers them.
                if worker.handle == client && matches!(operation, HELLO | REPORT) {
                    worker.report = Some(message.words);
                }
            }
        }
        Ok(())
    }
}

/// A status that must be success.
fn succeeded(name: &str, call: Call, status: usize) -> Outcome {
    match Error::from_code(status) {
        None if status == 0 => Ok(()),
        Some(error) => fail!("{call:?} by {name}: {error}"),
        None => fail!("{call:?} by {name}: unknown status {status:#x}"),
    }
}

/// A status that must be one of these errors.
fn refused(name: &str, call: Call, status: usize, errors: &[Error]) -> Outcome {
    match Error::from_code(status) {
        Some(error) if errors.contains(&error) => Ok(()),
        Some(error) => fail!("{call:?} by {name}: {error}, not {}", errors[0]),
        None => fail!("{call:?} by {name}: status {status:#x}, not {}", errors[0]),
    }
}
