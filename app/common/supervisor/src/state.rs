//! The supervisor's state, and bringing the board to what the manifest wants.
//!
//! Whatever has happened (a task faulted, a lease is over, a device appeared, time passed), the
//! same [`settle`](Supervisor::settle) compares what is with what should be and does the next
//! step of each difference. So no order of events can leave it in the middle.

mod devices;
mod tasks;

use crate::care::{Cared, Standing};
use crate::device::{Device, Source};
use crate::log::{Line, Log, shown};
use crate::root::Root;
use core::fmt;
use heapless::vec::{Vec, VecView};
use leasehold_abi::{Error, LeaseHandle, Notifications, TaskHandle};
use userlib::policy::Policy;
use userlib::supervisor::{FunctionInfo, HEARTBEAT};
use userlib::{sys, time};

/// Bytes of the log.
const LOG: usize = 4096;

/// How long the supervisor keeps an auxiliary device whose parent wants it back, so that the
/// child can let go in good order. In milliseconds; its own deadline must be longer.
const ORDERLY_PATIENCE: u64 = 100;

/// The tables, as large as a board's policy wants them. They are never moved, so the supervisor's stack needs room for
/// one copy.
#[derive(Debug)]
pub struct Memory<const TASKS: usize, const DEVICES: usize> {
    tasks: [Cared; TASKS],
    devices: Vec<Device, DEVICES>,
    log: [u8; LOG],
}

impl<const TASKS: usize, const DEVICES: usize> Memory<TASKS, DEVICES> {
    /// Empty tables.
    pub const fn new() -> Self {
        Self {
            tasks: [const { Cared::new() }; TASKS],
            devices: Vec::new(),
            log: [0; LOG],
        }
    }
}

impl<const TASKS: usize, const DEVICES: usize> Default for Memory<TASKS, DEVICES> {
    fn default() -> Self {
        Self::new()
    }
}

/// What is done with what the driver of the host bridge finds.
#[derive(Clone, Copy, Debug)]
pub struct Discovery {
    /// A function: it gets its windows, and is a device from now on.
    pub(crate) function: fn(&mut Supervisor<'_>, &FunctionInfo) -> Result<(), Error>,
    /// A bridge: the bus behind it gets a number.
    pub(crate) bridge: fn(&mut Supervisor<'_>, &FunctionInfo) -> Result<u8, Error>,
}

/// All that the supervisor knows.
#[derive(Debug)]
pub struct Supervisor<'m> {
    pub(crate) policy: &'static Policy,
    pub(crate) root: Root,
    pub(crate) log: Log<'m>,
    pub(crate) tasks: &'m mut [Cared],
    pub(crate) devices: &'m mut VecView<Device>,
    /// What to do with PCI functions, where there is a host bridge.
    pub(crate) discovery: Option<Discovery>,
    /// Who shows the log as it comes, and the notification that it wants.
    pub(crate) watcher: Option<(TaskHandle, Notifications)>,
    /// When a binding is tried again that did not work for want of room.
    retry_at: Option<u64>,
}

impl<'m> Supervisor<'m> {
    /// Takes the board over: `root` is the lease that the kernel offered first. The memory has
    /// a place for each of the policy's tasks.
    ///
    /// # Errors
    /// `Revoked` when `root` is not the root lease.
    #[inline(never)]
    pub fn new<const TASKS: usize, const DEVICES: usize>(
        policy: &'static Policy,
        root: LeaseHandle,
        memory: &'m mut Memory<TASKS, DEVICES>,
        discovery: Option<Discovery>,
    ) -> Result<Self, Error> {
        assert!(TASKS >= policy.tasks.len(), "a place for each task");
        let mut supervisor = Self {
            policy,
            root: Root::new(root)?,
            log: Log::new(&mut memory.log),
            tasks: &mut memory.tasks,
            devices: memory.devices.as_mut_view(),
            discovery,
            watcher: None,
            retry_at: None,
        };
        for device in policy.devices {
            supervisor.add(Device::new(Source::Platform(device)));
        }
        for task in policy.tasks {
            let running = task.index == 0 || task.autostart;
            if let (true, Ok(info)) = (running, sys::task_info(task.index)) {
                let life = info.handle;
                supervisor.tasks[task.index].standing = Standing::Running(life);
            }
        }
        let devices = policy.devices.len();
        supervisor.say(
            0,
            format_args!("{} tasks, {devices} devices", policy.tasks.len()),
        );
        Ok(supervisor)
    }

    /// Starts the tasks that wait for no device.
    pub fn start_all(&mut self) {
        for task in self.policy.tasks {
            let idle = self.tasks[task.index].standing == Standing::Idle;
            if idle && task.binds.is_empty() {
                self.start(task.index);
            }
        }
    }

    /// Milliseconds since boot.
    pub fn now(&self) -> u64 {
        time::milliseconds()
    }

    /// Adds a line to the log in the name of task `source`, and tells whoever shows it.
    pub fn say(&mut self, source: usize, text: impl fmt::Display) {
        let name = self.policy.tasks.get(source).map_or("?", |task| task.name);
        let line = Line::of(format_args!("{name}: {text}"));
        let number = self.log.push(self.now(), line.as_bytes());
        let heard = self
            .watcher
            .is_some_and(|(task, bits)| sys::notify(task, bits).is_ok());
        if !heard {
            self.watcher = None;
            self.show_early(number);
        }
    }

    /// Prints a line on the early console, because no task shows the log at present.
    fn show_early(&self, number: u64) {
        let Some((milliseconds, text)) = self.log.get(number) else {
            return;
        };
        // Without an early console the log is still kept.
        let _ = sys::debug_write(shown(milliseconds, &text).as_bytes());
    }

    /// Does what is to be done now, and sets the timer for what is to be done later.
    #[inline(never)]
    pub fn settle(&mut self) {
        self.take_events();
        for index in 1..self.policy.tasks.len() {
            self.settle_task(index);
        }
        self.settle_devices();
        self.beat();
        match self.deadlines().min() {
            // Setting the own timer cannot fail.
            Some(at) => _ = sys::set_timer(time::ticks(at), Notifications::TIMER),
            None => sys::cancel_timer(),
        }
    }

    /// The tasks that run and want to know that this works: their lives, and how often.
    fn listeners(&self) -> impl Iterator<Item = (TaskHandle, u32)> {
        self.policy.tasks.iter().filter_map(|task| {
            match (task.heartbeat_ms, self.tasks[task.index].standing) {
                (heartbeat @ 1.., Standing::Running(life)) => Some((life, heartbeat)),
                _ => None,
            }
        })
    }

    /// Tells them.
    fn beat(&self) {
        for (life, _) in self.listeners() {
            // `Dead`: its end is the next event.
            let _ = sys::notify(life, HEARTBEAT);
        }
    }

    fn deadlines(&self) -> impl Iterator<Item = u64> {
        let tasks = self.tasks.iter().filter_map(Cared::deadline);
        let devices = self
            .devices
            .iter()
            .filter_map(|device| match device.source {
                Source::Auxiliary {
                    ending: Some(since),
                    ..
                } => Some(since + ORDERLY_PATIENCE),
                _ => None,
            });
        let now = self.now();
        let beats = self
            .listeners()
            .map(move |(_, heartbeat)| now + u64::from(heartbeat));
        tasks.chain(devices).chain(self.retry_at).chain(beats)
    }
}
