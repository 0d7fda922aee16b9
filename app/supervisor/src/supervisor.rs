//! The supervisor's state, and bringing the board to what the manifest wants.
//!
//! Whatever has happened (a task faulted, a lease is over, a device appeared, time passed), the
//! same [`settle`](Supervisor::settle) compares what is with what should be and does the next
//! step of each difference. So no order of events can leave it in the middle.

use crate::care::{Cared, Standing};
use crate::device::{Device, Lent, Source};
use crate::log::Log;
use crate::restart::Decision;
use crate::root::Root;
use core::fmt::{self, Write};
use leasehold_abi::{
    Error, FaultKind, LeaseEvent, LeaseHandle, MAX_TASKS, RevokeMode, TaskHandle, TaskInfo,
    TaskState,
};
use userlib::policy::Policy;
use userlib::supervisor::panic_text;
use userlib::{sys, time};

/// Most devices that are kept track of.
pub const DEVICES: usize = 48;

/// How long a task that was asked to crash may take, in milliseconds.
const CRASH_PATIENCE: u64 = 100;

/// The notification that asks a task's runtime to panic.
const CRASH_BITS: u32 = 1 << 15;

/// How long the supervisor keeps an auxiliary device whose parent wants it back, so that the
/// child can let go in good order. In milliseconds; its own deadline must be longer.
const ORDERLY_PATIENCE: u64 = 100;

/// A tenth of a second until a binding that found no room is tried again.
const RETRY: u64 = 100;

/// A log line as it is put together.
pub type Text = heapless::String<{ crate::log::LINE_LENGTH }>;

/// All that the supervisor knows.
#[derive(Debug)]
pub struct Supervisor {
    pub(crate) policy: &'static Policy,
    pub(crate) root: Root,
    pub(crate) log: Log,
    pub(crate) tasks: [Cared; MAX_TASKS],
    pub(crate) devices: heapless::Vec<Device, DEVICES>,
    /// Who shows the log as it comes, and the notification that it wants.
    pub(crate) watcher: Option<(TaskHandle, u32)>,
    /// When a binding is tried again that did not work for want of room.
    retry_at: Option<u64>,
}

impl Supervisor {
    /// Takes the board over: `root` is the lease that the kernel offered first.
    ///
    /// # Errors
    /// `Revoked` when `root` is no such thing.
    pub fn new(policy: &'static Policy, root: LeaseHandle) -> Result<Self, Error> {
        let mut supervisor = Self {
            policy,
            root: Root::new(root)?,
            log: Log::new(),
            tasks: [const { Cared::new() }; MAX_TASKS],
            devices: heapless::Vec::new(),
            watcher: None,
            retry_at: None,
        };
        for device in policy.devices {
            supervisor.add(Device::new(Source::Platform(device)));
        }
        for task in policy.tasks {
            let running = task.index == 0 || task.autostart;
            if let (true, Ok(info)) = (running, sys::task_info(task.index)) {
                let life = TaskHandle::from_raw(info.handle);
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
        let mut line = Text::new();
        // A line that does not fit is cut.
        let _ = write!(line, "{name}: {text}");
        let number = self.log.push(self.now(), line.as_bytes());
        let heard = self
            .watcher
            .is_some_and(|(task, bits)| sys::notify(task, bits).is_ok());
        if !heard {
            self.watcher = None;
            self.show_early(number);
        }
    }

    /// Shows a line where nobody shows the log yet, or no more.
    fn show_early(&self, number: u64) {
        let Some((milliseconds, text)) = self.log.get(number) else {
            return;
        };
        let mut line = heapless::String::<160>::new();
        let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
        let _ = write!(line, "[{seconds:>5}.{rest:03}] {text}\r\n");
        // Without an early console the log is still kept.
        let _ = sys::debug_write(line.as_bytes());
    }

    /// Keeps track of a device; `None` where there are too many.
    pub(crate) fn add(&mut self, device: Device) -> Option<usize> {
        if self.devices.push(device).is_err() {
            self.say(
                0,
                format_args!("no room for device {}", device.name(self.policy)),
            );
            return None;
        }
        Some(self.devices.len() - 1)
    }

    /// Does what is to be done now, and sets the timer to `bits` for what is to be done later.
    pub fn settle(&mut self, bits: u32) {
        self.take_events();
        for index in 1..self.policy.tasks.len() {
            self.settle_task(index);
        }
        self.settle_devices();
        let next = self.deadlines().min();
        let deadline = next.map_or(0, |at| time::ticks(at.max(1)));
        // Setting the own timer cannot fail.
        let _ = sys::set_timer(deadline, bits);
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
        tasks.chain(devices).chain(self.retry_at)
    }

    /// Auxiliary devices come and go by lease events.
    fn take_events(&mut self) {
        while let Some((event, lease)) = sys::lease_event() {
            match event {
                LeaseEvent::Offered => self.offered(lease),
                LeaseEvent::Ending => {
                    let now = self.now();
                    for device in &mut self.devices {
                        if let Source::Auxiliary { held, ending, .. } = &mut device.source
                            && *held == lease
                        {
                            *ending = Some(now);
                        }
                    }
                }
            }
        }
    }

    fn offered(&mut self, held: LeaseHandle) {
        // It may be over before it is looked at.
        let Ok(info) = sys::lease_info(held) else {
            return;
        };
        let (label, id, payload_type) = (info.label, info.id, info.payload_type);
        let from = info.lessor as usize;
        let source = Source::Auxiliary {
            held,
            from,
            label,
            id,
            payload_type,
            ending: None,
        };
        let device = Device::new(source);
        let name = device.name(self.policy);
        match self.add(device) {
            Some(_) => self.say(from, format_args!("registered auxiliary device {name}")),
            None => {
                // Nothing can be done with it; its lessor must not wait for it either.
                let _ = sys::lease_release(held);
            }
        }
    }

    fn settle_task(&mut self, index: usize) {
        let Ok(info) = sys::task_info(index) else {
            return;
        };
        let state = TaskState::from_code(info.state);
        let now = self.now();
        match self.tasks[index].standing {
            Standing::Running(life) => match state {
                Some(TaskState::Faulted | TaskState::Stopping | TaskState::Dormant) => {
                    self.tasks[index].stop_at = None;
                    self.tasks[index].standing = Standing::Ending { restart: false };
                    self.report_fault(index, &info);
                    self.settle_task(index);
                }
                _ if self.tasks[index].stop_at.is_some_and(|at| at <= now) => {
                    self.tasks[index].stop_at = None;
                    self.say(index, format_args!("does not answer, stopped"));
                    self.stop(index);
                    let _ = life;
                }
                _ => {}
            },
            Standing::Ending { restart } if state == Some(TaskState::Dormant) => {
                self.weigh_end(index, restart, now);
                self.settle_task(index);
            }
            Standing::Waiting(at) if at <= now => self.start(index),
            _ => {}
        }
    }

    /// Says why a task ended: kind, address, program counter.
    fn report_fault(&mut self, index: usize, info: &TaskInfo) {
        let kind = FaultKind::from_code(info.fault).unwrap_or(FaultKind::None);
        match kind {
            FaultKind::Panic => {
                let length = usize::from(info.message_length).min(info.message.len());
                let text = core::str::from_utf8(&info.message[..length]).unwrap_or("?");
                self.say(index, format_args!("panic: {}", panic_text(text)));
            }
            FaultKind::Stopped | FaultKind::None => self.say(index, "stopped"),
            FaultKind::LeaseOverstayed => self.say(index, "fault: lease overstayed"),
            kind => {
                let (text, address, pc) = (kind.text(), info.fault_address, info.fault_pc);
                self.say(
                    index,
                    format_args!("fault: {text} at {address:#x}, pc {pc:#x}"),
                );
            }
        }
    }

    fn weigh_end(&mut self, index: usize, restart: bool, now: u64) {
        let policy = &self.policy.tasks[index].restart;
        let cared = &mut self.tasks[index];
        if restart {
            cared.standing = Standing::Waiting(now);
            return;
        }
        match cared.history.ended(policy, now) {
            Decision::StartAt(at) => {
                cared.standing = Standing::Waiting(at);
                self.say(index, format_args!("starts again in {} ms", at - now));
            }
            Decision::Quarantine => {
                cared.standing = Standing::Quarantined;
                self.say(
                    index,
                    "crashes too often: in quarantine until somebody restarts it",
                );
            }
            Decision::Leave => cared.standing = Standing::Left,
        }
    }

    pub(crate) fn start(&mut self, index: usize) {
        match sys::task_start(index) {
            Ok(life) => {
                self.tasks[index].standing = Standing::Running(life);
                let again = sys::task_info(index).map_or(0, |info| info.starts);
                if again > 1 {
                    self.say(
                        index,
                        format_args!("started again, generation {}", life.generation()),
                    );
                }
            }
            Err(error) => {
                self.tasks[index].standing = Standing::Quarantined;
                self.say(index, format_args!("cannot be started: {error}"));
            }
        }
    }

    pub(crate) fn stop(&mut self, index: usize) {
        if let Err(error) = sys::task_stop(index) {
            self.say(index, format_args!("cannot be stopped: {error}"));
        }
    }

    /// Asks a task to panic, and sees to it that it ends.
    pub(crate) fn crash(&mut self, index: usize, life: TaskHandle) {
        match sys::notify(life, CRASH_BITS) {
            Ok(()) => self.tasks[index].stop_at = Some(self.now() + CRASH_PATIENCE),
            Err(_) => self.stop(index),
        }
    }

    fn settle_devices(&mut self) {
        self.retry_at = None;
        let mut index = 0;
        while index < self.devices.len() {
            self.note_end(index);
            if self.is_gone(index) {
                self.devices.remove(index);
                continue;
            }
            self.bind(index);
            index += 1;
        }
    }

    /// Notices that a driver's lease is over.
    fn note_end(&mut self, index: usize) {
        let Some(lent) = self.devices[index].lent else {
            return;
        };
        if sys::lease_info(lent.lease).is_ok() {
            return;
        }
        self.devices[index].lent = None;
        let task = lent.lessee.index();
        let running = self.tasks[task].standing == Standing::Running(lent.lessee);
        let parent_ends = matches!(
            self.devices[index].source,
            Source::Auxiliary {
                ending: Some(_),
                ..
            }
        );
        if running && !lent.revoked && !parent_ends {
            let alive = sys::task_info(task).is_ok_and(|info| info.handle == lent.lessee.raw());
            if alive {
                self.devices[index].refused_by = Some(lent.lessee);
                let name = self.devices[index].name(self.policy);
                self.say(task, format_args!("gave {name} back"));
            }
        }
    }

    /// Gives an auxiliary device back whose parent ends it, once the child has let go or time is
    /// up; true when the device is no more.
    fn is_gone(&mut self, index: usize) -> bool {
        let now = self.now();
        let device = &self.devices[index];
        let Source::Auxiliary { held, ending, .. } = device.source else {
            return false;
        };
        let over = sys::lease_info(held).is_err();
        let due =
            ending.is_some_and(|since| device.lent.is_none() || now >= since + ORDERLY_PATIENCE);
        if due && !over {
            // Over in the meantime is as good.
            let _ = sys::lease_release(held);
        }
        over || due
    }

    /// Lends a device to its driver, if it is there to be lent.
    fn bind(&mut self, index: usize) {
        let device = self.devices[index];
        let ends = matches!(
            device.source,
            Source::Auxiliary {
                ending: Some(_),
                ..
            }
        );
        if device.lent.is_some() || device.held_back || ends {
            return;
        }
        let Some((task, bind)) = device.driver(self.policy) else {
            return;
        };
        if self.tasks[task].standing == Standing::Idle {
            self.start(task);
        }
        let Standing::Running(lessee) = self.tasks[task].standing else {
            return;
        };
        if device.refused_by == Some(lessee) {
            return;
        }
        match device.lend(&self.root, self.policy, bind, lessee) {
            Ok(lease) => {
                let device = &mut self.devices[index];
                device.lent = Some(Lent {
                    lease,
                    lessee,
                    revoked: false,
                });
                device.refused_by = None;
            }
            // The slots of the life before may still be in the reaper's hands.
            Err(Error::Exhausted | Error::Busy) => self.retry_at = Some(self.now() + RETRY),
            // It has just died or its parent has: the next event says so.
            Err(Error::Dead | Error::Revoked) => {}
            Err(error) => {
                self.devices[index].refused_by = Some(lessee);
                let name = device.name(self.policy);
                self.say(task, format_args!("cannot have {name}: {error}"));
            }
        }
    }

    /// Takes a device from its driver until [`release`](Self::release).
    pub(crate) fn hold_back(&mut self, index: usize) -> Result<(), Error> {
        let device = &mut self.devices[index];
        if device.held_back {
            return Err(Error::Busy);
        }
        device.held_back = true;
        if let Some(lent) = &mut device.lent {
            lent.revoked = true;
            match sys::lease_revoke(lent.lease, RevokeMode::Orderly) {
                Ok(()) | Err(Error::Revoked) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Lets a device be bound again.
    pub(crate) fn release(&mut self, index: usize) -> Result<(), Error> {
        let device = &mut self.devices[index];
        if device.lent.is_some_and(|lent| !lent.revoked) {
            return Err(Error::Busy);
        }
        device.held_back = false;
        device.refused_by = None;
        if device.driver(self.policy).is_none() {
            Err(Error::NotFound)
        } else {
            Ok(())
        }
    }
}
