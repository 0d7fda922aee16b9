//! The kernel's state, boot, and the end of every entry: what runs next.

use crate::index::{Table, no_such_entry};
use crate::lease::links::List;
use crate::lease::table::Leases;
use crate::reaper::Reaper;
use crate::schedule::{ROOM, above, bit, first};
use crate::task::{NO_TASK, Task, no_handle};
use crate::time::deadlines::Deadlines;
use crate::{Beginning, Config, Context, Hardware, NEVER, Routes as _, TaskConfig, TaskSet};
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
    pub(crate) overdue: Deadlines,
    /// When the first timer rings.
    pub(crate) timers: Deadlines,
    /// What the hardware's alarm is set to.
    pub(crate) alarm: u64,
    /// Tasks that can run.
    pub(crate) ready: TaskSet,
    /// The task that runs, or ran when the kernel was entered; `NO_TASK` when idle.
    pub(crate) current: usize,
    pub(crate) reaper: Reaper,
    /// Changes with the claimed windows, so that a scan that was interrupted notices.
    pub(crate) epoch: u32,
    /// The claimed bus masters, and how many.
    pub(crate) masters: List,
    pub(crate) master_count: u16,
    pub(crate) config: &'static [TaskConfig; T],
    pub(crate) tasks: Table<Task<H::Context>, T>,
    pub(crate) hardware: H,
    /// The grant that an interrupt line is routed to.
    pub(crate) routes: H::Routes,
    pub(crate) leases: Leases<L, G, B>,
}

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// A kernel that has not booted: the supervisor holds the root lease, each task has its share of the tables, and
    /// what starts at boot waits for it.
    ///
    /// All of this is done when the image is compiled, so no image keeps code for it.
    ///
    /// # Panics
    /// When the tables have no room for the configuration. In an image that is an error of the compiler.
    pub const fn new(config: &Config<T>, hardware: H) -> Self {
        const {
            assert!(
                T > 0 && T <= MAX_TASKS && T <= ROOM,
                "1 to 64 tasks, or to 32 on a machine of 32 bits"
            );
            crate::layout::check::<H, T, L, G, B>();
        };
        let mut leases = Leases::new(config.grants);
        let mut tasks = Table([const { Task::EMPTY }; T]);
        let (mut slot, mut grant) = (1, config.grants.len());
        let mut starting = 0;
        let mut index = 0;
        while index < T {
            let Beginning {
                calls,
                leases: slots,
                grants,
                release_ticks,
                autostart,
                floating_point,
            } = config.beginnings[index];
            let record = &mut tasks.0[index];
            record.handle = TaskHandle::new(index, 0).raw();
            record.accepting = no_handle(record.handle);
            record.fast = no_handle(record.handle);
            // Downhill calls could close a cycle of tasks that wait for each other.
            record.calls = calls & above(index);
            record.release_ticks = release_ticks;
            record.floating_point = floating_point;
            record.share = leases.share((slot, slots as usize), (grant, grants as usize));
            slot += slots as usize;
            grant += grants as usize;
            if autostart {
                starting |= bit(index);
            }
            index += 1;
        }
        let supervisor = &mut tasks.0[0];
        supervisor.leases.offered = leases.hold_root();
        supervisor.held_count = 1;
        Self {
            ready: 0,
            current: NO_TASK,
            reaper: Reaper::new(config.ticks_per_second, starting),
            epoch: 0,
            masters: List::EMPTY,
            master_count: 0,
            config: config.tasks,
            tasks,
            timers: Deadlines::NONE,
            overdue: Deadlines::NONE,
            alarm: NEVER,
            leases,
            routes: H::Routes::NONE,
            hardware,
        }
    }

    /// Map the tasks' own memory, and start what starts at boot.
    ///
    /// # Errors
    /// `Exhausted` when the hardware has no room for it.
    // It runs once, so it is a part of what calls it.
    #[inline(always)]
    pub fn boot(&mut self) -> Result<Next, Error> {
        for (index, task) in self.config.iter().enumerate() {
            self.hardware.map_own(index, &task.regions())?;
        }
        self.choose_shared();
        Ok(self.chosen())
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

    /// The time. To read the clock is one instruction on RISC-V; where it is more, these are in one place, for all but
    /// the end of a lease.
    #[cfg_attr(target_arch = "arm", inline(never))]
    #[cfg_attr(not(target_arch = "arm"), inline(always))]
    pub(crate) fn now(&self) -> u64 {
        self.hardware.now()
    }

    /// An interrupt came while a task ran or none did; the task's context is saved.
    #[inline(always)]
    pub fn interrupt(&mut self) -> Next {
        if self.take_interrupt(Self::post_here) && self.hardware.interrupt_pending() {
            self.take_interrupts();
        }
        self.next()
    }

    /// [`Kernel::interrupt`] when no task runs. Apart from it, so that the other is shorter: no task is delayed by
    /// what this one takes.
    pub fn wake(&mut self) -> Next {
        self.take_interrupts();
        self.choose_shared();
        self.chosen()
    }

    /// What runs next: the end of every entry.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Next {
        self.choose();
        self.chosen()
    }

    /// What was chosen to run next. It is read back from `current`: so functions on the way need not return it.
    #[inline(always)]
    pub(crate) fn chosen(&self) -> Next {
        if self.current < T {
            Next::Run(self.current)
        } else {
            Next::Idle
        }
    }

    /// Choose what runs next, and do what goes before it.
    #[inline(always)]
    pub(crate) fn choose(&mut self) {
        if self.reaper.is_idle() {
            self.pick(self.ready);
        } else {
            self.work();
        }
    }

    /// [`Kernel::choose`], once for all entries in which a few instructions do not count.
    #[inline(never)]
    pub(crate) fn choose_shared(&mut self) {
        self.choose();
    }

    /// The reaper's steps, until a task goes first or there are none left.
    ///
    /// Whatever moves a lease's deadline also gives the reaper work, so the alarm is set here for all of it; a
    /// revocation that leaves no work sets it itself.
    #[inline(never)]
    fn work(&mut self) {
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
        self.pick(first);
        self.alarm_by(self.overdue.earliest());
        if !self.reaper.is_idle() && self.current != 0 {
            self.limit_going_first();
        }
    }

    #[inline(always)]
    fn pick(&mut self, set: TaskSet) {
        self.current = if set == 0 { NO_TASK } else { first(set) };
    }

    /// What the build says of a task.
    #[inline(always)]
    pub(crate) fn config_of(&self, task: usize) -> &'static TaskConfig {
        match self.config.get(task) {
            Some(config) => config,
            None => no_such_entry(),
        }
    }

    /// Whether `index` names a task.
    pub(crate) fn task_index(&self, index: usize) -> Result<usize, Error> {
        if index < T {
            Ok(index)
        } else {
            Err(Error::Invalid)
        }
    }

    /// Answer a task that is blocked, and let it run.
    #[inline(never)]
    pub(crate) fn resume(&mut self, task: usize, results: [usize; 3]) {
        self.tasks[task].peer = NO_TASK;
        self.end_wait(task, results);
    }

    /// [`Kernel::resume`] of a task that waits for no other, where each instruction counts.
    #[inline(always)]
    pub(crate) fn end_wait(&mut self, task: usize, results: [usize; 3]) {
        let record = &mut self.tasks[task];
        record.state = leasehold_abi::TaskState::Ready;
        record.accepting = no_handle(record.handle);
        record.context.set_results(results);
        self.ready |= bit(task);
        // With nothing to do, the reaper has woken nobody.
        if !self.reaper.is_idle() {
            self.reaper.wait_in_turn(task);
        }
    }
}
