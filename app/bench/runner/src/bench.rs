//! Helpers of the measuring task: starts them, gives them commands and waits for them.

use crate::types::{Board, Outcome, Words};
use bench_machine as machine;
use bench_protocol::{Command, READ};
use leasehold_abi::{
    GrantKind, LeaseHandle, Notifications, PayloadType, Rights, Tag, TaskHandle, TaskState,
};
use records::{FIGURE, NOTE, Record};
use userlib::early_print;
use userlib::sys::{self, LentPart, MOST_PARTS, Message, Received};

/// Indexes of the tasks.
pub(crate) const SERVER: usize = 1;
/// Takes interrupts and notifications.
pub(crate) const DRIVER: usize = 2;
/// Calls, notifies and raises interrupts.
pub(crate) const CLIENT: usize = 3;
/// Measures a read, and awaits an interrupt; only in the larger image.
pub(crate) const READER: usize = 4;
/// The first of [`LESSEES`] tasks; only in the larger image.
pub(crate) const LESSEE: usize = 5;
/// How many lessees there are.
pub(crate) const LESSEES: usize = 16;
/// Tasks that are helpers; those behind them wait for a command that never comes.
const HELPERS: usize = LESSEE + LESSEES;

/// Instructions between two looks at what a helper does.
const LOOK: usize = 1_000_000;
/// Such looks after which a helper that does not answer has failed.
const PATIENCE: u64 = 10_000;
/// Instructions after which all helpers wait.
const SETTLED: usize = 100_000;

/// Load, store, lend on.
pub(crate) const ALL: Rights = Rights::all();

/// The measuring task's view of the machine.
pub(crate) struct Bench {
    pub(crate) root: LeaseHandle,
    pub(crate) board: Board,
    tasks: usize,
    handles: [TaskHandle; HELPERS],
    reports: [Option<Words>; HELPERS],
    read: Option<usize>,
    /// What comes. It is kept, because a wait that is measured must not count that a message is made for it.
    message: Message,
}

impl Bench {
    /// With the root lease, on this board.
    pub(crate) fn new(root: LeaseHandle, board: Board) -> Outcome<Self> {
        let tasks = (0..)
            .take_while(|index| sys::task_info(*index).is_ok())
            .count();
        let none = TaskHandle::from_raw(u32::MAX);
        Ok(Self {
            root,
            board,
            tasks,
            handles: [none; HELPERS],
            reports: [None; HELPERS],
            read: None,
            message: Message::EMPTY,
        })
    }

    /// How many tasks the image has.
    pub(crate) const fn tasks(&self) -> usize {
        self.tasks
    }

    /// Whether the image has the sixteen lessees.
    pub(crate) const fn has_lessees(&self) -> bool {
        self.tasks >= LESSEE + LESSEES
    }

    /// The handle of a helper, as a command's argument.
    pub(crate) fn handle(&self, task: usize) -> usize {
        self.handles[task].raw() as usize
    }

    /// Starts the tasks that only wait.
    pub(crate) fn start_others(&mut self) -> Outcome {
        for task in HELPERS..self.tasks {
            sys::task_start(task).map_err(|_| "a task cannot be started")?;
        }
        self.settle()
    }

    /// Starts a dormant helper and waits for its first report: when its first instruction ran.
    pub(crate) fn start(&mut self, task: usize) -> Outcome<usize> {
        self.begin_start(task)
            .map_err(|_| "a helper cannot be started")?;
        Ok(self.finish(task)?[0])
    }

    /// Starts a dormant helper.
    ///
    /// # Errors
    /// The kernel's.
    pub(crate) fn begin_start(&mut self, task: usize) -> Result<(), sys::Error> {
        self.reports[task] = None;
        self.handles[task] = sys::task_start(task)?;
        Ok(())
    }

    /// Stops a helper; its leases end.
    pub(crate) fn stop(&mut self, task: usize) -> Outcome {
        self.reports[task] = None;
        sys::task_stop(task).map_err(|_| "a helper cannot be stopped")?;
        let deadline = sys::time() + PATIENCE * machine::ticks(LOOK);
        while !Self::is_dormant(task) {
            self.pump(deadline)?;
        }
        Ok(())
    }

    /// Gives a helper a command.
    pub(crate) fn begin(&mut self, task: usize, command: Command, arguments: &[usize]) -> Outcome {
        if self.reports[task].take().is_none() {
            return Err("a helper is not waiting for a command");
        }
        let mut words = [0; 8];
        for (word, argument) in words.iter_mut().zip(arguments) {
            *word = *argument;
        }
        let message = Message::new(Tag::new(command as u16, 8), words);
        sys::reply(self.handles[task], &message).map_err(|_| "a helper died")
    }

    /// Waits for a helper's report.
    pub(crate) fn finish(&mut self, task: usize) -> Outcome<Words> {
        let deadline = sys::time() + PATIENCE * machine::ticks(LOOK);
        loop {
            if let Some(report) = self.reports[task] {
                return Ok(report);
            }
            self.pump(deadline)?;
        }
    }

    /// A helper does a command.
    pub(crate) fn command(
        &mut self,
        task: usize,
        command: Command,
        arguments: &[usize],
    ) -> Outcome<Words> {
        self.begin(task, command, arguments)?;
        self.finish(task)
    }

    /// A helper does a command that must succeed: the first word of its report is a status.
    pub(crate) fn succeed(
        &mut self,
        task: usize,
        command: Command,
        arguments: &[usize],
    ) -> Outcome<Words> {
        let report = self.command(task, command, arguments)?;
        if report[0] != 0 {
            early_print!("{command:?} by task {task}: error {}\n", report[0]);
            return Err("a command failed");
        }
        Ok(report)
    }

    /// Lets helpers run until they all wait, then goes on.
    pub(crate) fn settle(&mut self) -> Outcome {
        let until = sys::time() + machine::ticks(SETTLED);
        while sys::time() < until {
            self.wait(until)?;
        }
        Ok(())
    }

    /// Lets helpers of a higher priority than the first lessee run until they wait, and counts up to `moment`. At no
    /// moment all tasks wait.
    pub(crate) fn settle_until(&mut self, moment: usize) -> Outcome {
        self.command(LESSEE, Command::Null, &[1])?;
        if machine::until(moment).is_none() {
            return Err("the helpers took too long to get ready");
        }
        while machine::until(moment).is_some() {}
        Ok(())
    }

    /// Takes up a helper that was started by hand, and waits for its first report.
    pub(crate) fn adopt(&mut self, task: usize) -> Outcome {
        let info = sys::task_info(task).map_err(|_| "no task information")?;
        self.handles[task] = info.handle;
        self.reports[task] = None;
        self.finish(task).map(drop)
    }

    /// Waits for the reader's next report.
    pub(crate) fn read(&mut self) -> Outcome<usize> {
        let deadline = sys::time() + PATIENCE * machine::ticks(LOOK);
        loop {
            if let Some(read) = self.read.take() {
                return Ok(read);
            }
            self.pump(deadline)?;
        }
    }

    /// Whether a helper can be started.
    fn is_dormant(task: usize) -> bool {
        sys::task_info(task).is_ok_and(|info| info.state == TaskState::Dormant)
    }

    /// Lends parts of the root lease to a helper.
    pub(crate) fn lend(
        &self,
        lessee: usize,
        parts: &[(GrantKind, usize, usize)],
    ) -> Outcome<LeaseHandle> {
        let mut lent = [const { LentPart::new(0, 0, 0, ALL) }; MOST_PARTS];
        for (to, part) in lent.iter_mut().zip(parts) {
            *to = self.part(*part)?;
        }
        let lent = &lent[..parts.len().min(MOST_PARTS)];
        sys::lease_lend(
            self.root,
            lessee,
            sys::label("rtc"),
            0,
            PayloadType::NONE,
            lent,
        )
        .map_err(|_| "a lease cannot be lent")
    }

    /// A part of the root lease: of what kind, its first address and length.
    pub(crate) fn part(
        &self,
        (kind, base, length): (GrantKind, usize, usize),
    ) -> Outcome<LentPart> {
        let (index, first) = self.grant(kind, base)?;
        Ok(LentPart::new(index, base - first, length, ALL))
    }

    /// The root lease's grant with a resource: its index and first address.
    pub(crate) fn grant(&self, kind: GrantKind, base: usize) -> Outcome<(usize, usize)> {
        for index in 0.. {
            let Ok(info) = sys::grant_info(self.root, index) else {
                break;
            };
            let (first, length) = (info.base as usize, info.length as usize);
            if info.kind == kind && (first..first + length).contains(&base) {
                return Ok((index, first));
            }
        }
        Err("the root lease lacks a resource")
    }

    fn pump(&mut self, deadline: u64) -> Outcome {
        if sys::time() >= deadline {
            return Err("a helper does not answer");
        }
        self.wait(deadline.min(sys::time() + machine::ticks(LOOK)))
    }

    /// Waits for the next message, without any work before, so that the task that is ready runs at once.
    #[inline(always)]
    pub(crate) fn wait_for_message(&mut self) -> Outcome {
        let received = sys::receive(Notifications::empty(), &mut self.message);
        self.take(received)
    }

    fn wait(&mut self, until: u64) -> Outcome {
        let received = sys::set_timer(until, Notifications::TIMER)
            .and_then(|()| sys::receive(Notifications::TIMER, &mut self.message));
        self.take(received)
    }

    fn take(&mut self, received: Result<Received, sys::Error>) -> Outcome {
        let message = &self.message;
        match received {
            Err(_) => return Err("receive failed"),
            Ok(Received::Notified(_)) => {}
            Ok(Received::Message(client)) if message.tag.operation() == READ => {
                self.read = Some(message.words[0]);
                sys::reply(client, &Message::EMPTY).map_err(|_| "the reader died")?;
            }
            Ok(Received::Message(client)) => {
                let task = client.index();
                if self.handles.get(task) == Some(&client) {
                    self.reports[task] = Some(message.words);
                }
            }
        }
        Ok(())
    }
}

/// Prints a row.
pub(crate) fn row(key: &str, instructions: usize) {
    let record = Record(format_args!("{FIGURE}{key} {instructions}"));
    early_print!("row {key} {instructions}{record}\n");
}

/// Prints a remark.
pub(crate) fn note(text: core::fmt::Arguments<'_>) {
    early_print!("note {text}{}\n", Record(format_args!("{NOTE}{text}")));
}

/// Most of `rounds` measurements.
pub(crate) fn most(rounds: usize, mut measure: impl FnMut() -> Outcome<usize>) -> Outcome<usize> {
    let mut most = 0;
    for _ in 0..rounds {
        most = most.max(measure()?);
    }
    Ok(most)
}
