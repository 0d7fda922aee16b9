//! How a dormant task is started: its memory is made fresh, then its registers.

use crate::schedule::bit;
use crate::task::{NO_TASK, no_handle};
use crate::{Context, Hardware, Kernel};
use leasehold_abi::{Error, Notifications, TaskState};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// [`Call::TaskStart`](leasehold_abi::Call::TaskStart): the handle of the life to come.
    ///
    /// `Busy` unless the task is dormant, `Exhausted` when its generations are used up.
    pub(crate) fn task_start(&mut self, index: usize) -> Result<usize, Error> {
        let task = self.task_index(index)?;
        let record = &self.tasks[task];
        if record.state != TaskState::Dormant || self.reaper.starting & bit(task) != 0 {
            return Err(Error::Busy);
        }
        let handle = record.next_handle().ok_or(Error::Exhausted)?;
        self.begin_start(task);
        Ok(handle as usize)
    }

    /// Queue the start of a dormant task.
    pub(crate) fn begin_start(&mut self, task: usize) {
        self.reaper.starting |= bit(task);
        self.reaper.queued_by(0);
    }

    /// The reaper's step for a task that is being started: make a bit of its memory fresh; when all of it is, its
    /// registers; and then the task is ready. The last part waits for the next step if there is an interrupt: one that
    /// comes in it waits for the caller of [`Kernel::task_start`] as well.
    #[inline(never)]
    pub(crate) fn start_step(&mut self, task: usize) {
        if self.reaper.fresh & bit(task) == 0 && !self.refresh(task) {
            return;
        }
        self.reaper.fresh &= !bit(task);
        self.reaper.starting &= !bit(task);
        self.begin_life(task);
    }

    /// Make a bit of a task's memory fresh, or all of it, and then its registers. Whether all is, and no interrupt
    /// waits.
    #[inline(always)]
    fn refresh(&mut self, task: usize) -> bool {
        let config = self.config_of(task);
        let record = &mut self.tasks[task];
        if record.fresh < config.data.length() {
            self.hardware.fresh(config, &mut record.fresh);
            if record.fresh < config.data.length() || self.hardware.interrupt_pending() {
                return false;
            }
        }
        self.reaper.fresh |= bit(task);
        let (entry, stack) = (config.text.base(), config.stack_top as usize);
        record.context.start(entry, stack);
        record.forget_lost_windows();
        record.fresh = 0;
        record.mask = 0;
        record.peer = NO_TASK;
        record.borrow_count = 0;
        record.timer_bits = Notifications::empty();
        record.starts = record.starts.saturating_add(1);
        !self.hardware.interrupt_pending()
    }

    /// From now on it has a new handle, and is ready.
    #[inline(always)]
    fn begin_life(&mut self, task: usize) {
        let record = &mut self.tasks[task];
        let Some(handle) = record.next_handle() else {
            return;
        };
        record.handle = handle;
        record.fast = if record.floating_point {
            no_handle(handle)
        } else {
            handle
        };
        record.accepting = no_handle(handle);
        // At boot, the supervisor is offered the root lease before it starts.
        record.pending = if record.leases.has_news() {
            Notifications::LEASE.bits()
        } else {
            0
        };
        record.serving = true;
        record.state = TaskState::Ready;
        self.ready |= bit(task);
        self.reaper.wait_in_turn(task);
    }
}
