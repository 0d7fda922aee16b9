//! The kernel's state, boot, and the end of every entry: what runs next.

use crate::index::{Table, no_such_entry};
use crate::lease::record::{Grant, Lease};
use crate::lease::table::{Leases, ROOT};
use crate::reaper::Reaper;
use crate::schedule::{ROOM, above, bit, first};
use crate::task::{NO_TASK, Task, no_handle};
use crate::time::deadlines::Deadlines;
use crate::time::overdue::{NEVER, Overdue};
use crate::{Config, Context, Hardware, Routes as _, TaskConfig, TaskSet};
use leasehold_abi::{Error, LeaseHandle, MAX_TASKS, TaskHandle};

/// What the entry code does after an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Resume this task from its [`Context`].
    Run(usize),
    /// Wait for an interrupt, then call [`Kernel::interrupt`].
    Idle,
}

/// The kernel of one image: tables for `T` tasks, `L` leases and `G` grants.
///
/// `B` is the width of a lease's generation, narrower than the handle has room for only in
/// tests of what happens when generations are used up.
#[repr(C)]
pub struct Kernel<
    H: Hardware,
    const T: usize,
    const L: usize,
    const G: usize,
    const B: u32 = { LeaseHandle::GENERATION_BITS },
> {
    // What is small lies in front of the tables, where an instruction's offset reaches it.
    /// When the first of the leases that must be given back is overdue.
    pub(crate) overdue: Overdue,
    /// What the hardware's alarm is set to.
    pub(crate) alarm: u64,
    /// Tasks that can run.
    pub(crate) ready: TaskSet,
    /// The task that runs, or ran when the kernel was entered; `NO_TASK` when idle.
    pub(crate) current: usize,
    pub(crate) reaper: Reaper,
    /// How many tasks there are.
    pub(crate) count: usize,
    pub(crate) config: &'static Config,
    pub(crate) tasks: Table<Task<H::Context>, T>,
    pub(crate) hardware: H,
    pub(crate) timers: Deadlines<T>,
    /// The grant that an interrupt line is routed to.
    pub(crate) routes: H::Routes,
    pub(crate) leases: Leases<L, G, B>,
}

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// A kernel that has not booted.
    pub const fn new(config: &'static Config, hardware: H) -> Self {
        const {
            assert!(
                T > 0 && T <= MAX_TASKS && T <= ROOM,
                "1 to 64 tasks, or to 32 on a machine of 32 bits"
            );
            crate::layout::check::<H, T, L, G, B>();
        };
        Self {
            ready: 0,
            current: NO_TASK,
            reaper: Reaper::NEW,
            count: 0,
            config,
            tasks: Table([const { Task::EMPTY }; T]),
            timers: Deadlines::new(),
            overdue: Overdue::NONE,
            alarm: NEVER,
            leases: Leases::new(),
            routes: H::Routes::NONE,
            hardware,
        }
    }

    /// Map the tasks' own memory, give the supervisor the root lease, start what starts at boot.
    ///
    /// # Errors
    /// `Exhausted` when the tables or the hardware have no room for the configuration,
    /// `Invalid` when it has no task.
    // Cold, so that the compiler keeps it small: it runs once.
    #[cold]
    #[inline(never)]
    pub fn boot(&mut self) -> Result<Next, Error> {
        let config = self.config;
        if config.tasks.is_empty() {
            return Err(Error::Invalid);
        }
        if config.tasks.len() > T || config.grants.len() > G {
            return Err(Error::Exhausted);
        }
        self.count = config.tasks.len();
        self.reaper.start(config.ticks_per_second);
        for (index, task) in config.tasks.iter().enumerate() {
            self.hardware.map_own(index, &task.regions())?;
            let record = &mut self.tasks[index];
            record.handle = TaskHandle::new(index, 0).raw();
            record.accepting = no_handle(record.handle);
            record.fast = no_handle(record.handle);
            // Downhill calls could close a cycle of tasks that wait for each other.
            record.calls = task.calls & above(index);
            record.release_ticks = task.release_ticks;
            if task.autostart {
                self.begin_start(index);
            }
        }
        for (index, grant) in config.grants.iter().enumerate() {
            let (Ok(base), Ok(length)) =
                (usize::try_from(grant.base), usize::try_from(grant.length))
            else {
                return Err(Error::Exhausted);
            };
            self.leases.grants[index] = Grant {
                base,
                length,
                label: grant.label,
                origin: index as u16,
                rights: grant.rights,
                kind: grant.kind,
                ..Grant::EMPTY
            };
        }
        let (mut slot, mut grant) = (ROOT as usize + 1, config.grants.len());
        for (index, task) in config.tasks.iter().enumerate() {
            let slots = slot..slot + task.leases as usize;
            let grants = grant..grant + task.grants as usize;
            (slot, grant) = (slots.end, grants.end);
            self.tasks[index].share = self.leases.share(slots, grants)?;
        }
        self.leases.records[ROOT as usize] = Lease {
            grants: config.grants.len() as u16,
            ..Lease::EMPTY
        };
        self.offer(ROOT);
        Ok(self.next())
    }

    /// The registers of a task. Their address stays the same for the kernel's life.
    ///
    /// # Panics
    /// When there is no such task.
    pub fn context(&mut self, task: usize) -> &mut H::Context {
        &mut self.tasks[task].context
    }

    /// The handle of a task's present life.
    ///
    /// # Panics
    /// When there is no such task.
    #[inline(always)]
    pub fn handle(&self, task: usize) -> u32 {
        self.tasks[task].handle
    }

    /// The handle of the current task: what [`Call::TaskSelf`](leasehold_abi::Call::TaskSelf) answers.
    ///
    /// # Panics
    /// When no task runs.
    #[inline(always)]
    pub fn current_handle(&self) -> u32 {
        self.tasks[self.current].handle
    }

    /// The machine.
    pub fn hardware(&mut self) -> &mut H {
        &mut self.hardware
    }

    /// An interrupt came while a task ran or none did; the task's context is saved.
    #[inline(always)]
    pub fn interrupt(&mut self) -> Next {
        if self.take_interrupt() && self.hardware.interrupt_pending() {
            self.take_interrupts();
        }
        self.next()
    }

    /// [`Kernel::interrupt`] when no task runs. Apart from it, so that the other is shorter: no task is delayed by
    /// what this one takes.
    pub fn wake(&mut self) -> Next {
        self.take_interrupts();
        self.next()
    }

    /// What runs next: the end of every entry.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Next {
        if self.reaper.is_idle() {
            return self.pick(self.ready);
        }
        self.work()
    }

    /// The reaper's steps, until a task goes first or there are none left.
    ///
    /// Whatever moves a lease's deadline also gives the reaper work, so the alarm is set here,
    /// once for all of it.
    #[inline(never)]
    fn work(&mut self) -> Next {
        let first = loop {
            if self.hardware.interrupt_pending() {
                self.take_interrupts();
            }
            let first = self.ready & self.reaper.go_first();
            if first != 0 || self.reaper.is_idle() {
                break first;
            }
            self.reap();
        };
        let next = self.pick(first);
        if !self.reaper.is_idle() && self.current != 0 {
            self.limit_going_first();
        }
        self.alarm_by(self.overdue.earliest().min(self.reaper.limit()));
        next
    }

    #[inline(always)]
    fn pick(&mut self, set: TaskSet) -> Next {
        if set == 0 {
            self.current = NO_TASK;
            return Next::Idle;
        }
        self.current = first(set);
        Next::Run(self.current)
    }

    /// What the build says of a task.
    #[inline(always)]
    pub(crate) fn config_of(&self, task: usize) -> &'static TaskConfig {
        match self.config.tasks.get(task) {
            Some(config) => config,
            None => no_such_entry(),
        }
    }

    /// Whether `index` names a task.
    pub(crate) fn task_index(&self, index: usize) -> Result<usize, Error> {
        if index < self.count {
            Ok(index)
        } else {
            Err(Error::Invalid)
        }
    }

    /// Answer a task that is blocked, and let it run.
    #[inline(never)]
    pub(crate) fn resume(&mut self, task: usize, results: [usize; 3]) {
        self.resume_here(task, results);
    }

    /// [`Kernel::resume`], where each instruction counts.
    #[inline(always)]
    pub(crate) fn resume_here(&mut self, task: usize, results: [usize; 3]) {
        let record = &mut self.tasks[task];
        record.state = leasehold_abi::TaskState::Ready;
        record.accepting = no_handle(record.handle);
        record.peer = NO_TASK;
        record.context.set_results(results);
        self.ready |= bit(task);
        self.reaper.wait_in_turn(task);
    }
}
