//! The record that the kernel keeps of a task.

use crate::lease::held::Held;
use crate::lease::links::List;
use crate::lease::operation::Operation;
use crate::lease::table::Share;
use crate::{Context, Fault, TaskSet};
use leasehold_abi::{FaultKind, Notifications, PANIC_LENGTH, TaskHandle, TaskState};

/// Stands for "not this task" where a handle is kept to be compared: it has another index in it, whatever the task
/// and whatever its generation, so no caller can name the task by it.
#[inline(always)]
pub(crate) const fn no_handle(handle: u32) -> u32 {
    !handle
}

/// Stands for "no task" where an index is kept.
pub(crate) const NO_TASK: usize = usize::MAX;

/// The last generation of a task that may live.
const LAST_GENERATION: u32 = (1 << TaskHandle::GENERATION_BITS) - 2;

/// No window was lost: there is no such grant, four times.
const NONE_LOST: u64 = u64::MAX;

/// One task. What a message needs comes next to the registers, in one or two cache lines. [`Layout`](crate::Layout)
/// tells the entry code where.
///
/// Its size is a power of two, so that a record's address is one shift, but not on Arm: memory is dear there, and a
/// multiplication costs no more.
#[cfg_attr(target_arch = "arm", repr(C))]
#[cfg_attr(target_arch = "riscv32", repr(C, align(512)))]
#[cfg_attr(
    not(any(target_arch = "arm", target_arch = "riscv32")),
    repr(C, align(1024))
)]
pub(crate) struct Task<C> {
    /// Saved registers.
    pub(crate) context: C,
    /// The present life, or the last one.
    pub(crate) handle: u32,
    /// `fast` while the task waits for a message *and* is serving, else [`no_handle`] of it:
    /// so a caller needs one comparison to know that it may hand its message over.
    pub(crate) accepting: u32,
    /// `handle`, or [`no_handle`] of it for a task with floating-point registers, which the fast paths do not restore.
    pub(crate) fast: u32,
    /// Notification bits that are set.
    pub(crate) pending: u32,
    /// Notification bits that end the wait, while receiving.
    pub(crate) mask: u32,
    /// Callers whose message this task has not received yet.
    pub(crate) waiting: TaskSet,
    /// Callers that this task owes a reply.
    pub(crate) in_service: TaskSet,
    /// Tasks that this one may call.
    pub(crate) calls: TaskSet,
    /// Where the buffers are described that this task lends with its call.
    pub(crate) borrows: usize,
    /// How many of them.
    pub(crate) borrow_count: usize,
    /// The server that this task is blocked on, while calling or awaiting a reply.
    pub(crate) peer: usize,
    /// What it is doing.
    pub(crate) state: TaskState,
    /// Whether it receives calls.
    pub(crate) serving: bool,
    /// While it does not: whether callers wait until it does again. Else they are turned away.
    pub(crate) holding: bool,
    /// It may use floating-point registers: no fast path may resume it.
    pub(crate) floating_point: bool,
    /// When its timer rings, if it is set.
    pub(crate) timer: u64,
    /// Bits that its timer posts.
    pub(crate) timer_bits: Notifications,
    /// How many times it was started.
    pub(crate) starts: u32,
    /// Leases that it holds and has not released.
    pub(crate) leases: Held,
    /// The windows that it has claimed.
    pub(crate) windows: List,
    /// Its share of the tables, for what it lends.
    pub(crate) share: Share,
    /// How long it may keep a revoked lease, in ticks.
    pub(crate) release_ticks: u64,
    /// Leases of which it is the lessee, and that are not over.
    pub(crate) held_count: u16,
    /// Leases of which it is the lessor, and that are not over.
    pub(crate) lent_count: u16,
    /// How many bytes of its data are fresh, while it is being started.
    pub(crate) fresh: usize,
    /// A claim that takes more than one step.
    pub(crate) operation: Operation,
    /// The last fault, kept over the restart.
    pub(crate) fault: Fault,
    /// The start of the last panic message. Here, it is copied by words.
    pub(crate) message: [u8; PANIC_LENGTH],
    /// How much of `message` counts.
    pub(crate) message_length: u8,
    /// The last grants whose windows it lost to a revocation, in 16 bits each.
    lost: u64,
}

impl<C: Context> Task<C> {
    /// A task that has never run.
    pub(crate) const EMPTY: Self = Self {
        context: C::EMPTY,
        handle: 0,
        accepting: no_handle(0),
        fast: no_handle(0),
        pending: 0,
        mask: 0,
        waiting: 0,
        in_service: 0,
        calls: 0,
        borrows: 0,
        borrow_count: 0,
        peer: NO_TASK,
        state: TaskState::Dormant,
        serving: false,
        holding: false,
        floating_point: false,
        timer: 0,
        timer_bits: Notifications::empty(),
        starts: 0,
        leases: Held::NONE,
        windows: List::EMPTY,
        share: Share::NONE,
        release_ticks: 0,
        held_count: 0,
        lent_count: 0,
        fresh: 0,
        operation: Operation::NONE,
        fault: Fault {
            kind: FaultKind::None,
            address: 0,
            pc: 0,
            stack: 0,
        },
        message_length: 0,
        message: [0; PANIC_LENGTH],
        lost: NONE_LOST,
    };

    /// Whether it is in the middle of a life.
    pub(crate) fn is_alive(&self) -> bool {
        !matches!(
            self.state,
            TaskState::Dormant | TaskState::Faulted | TaskState::Stopping
        )
    }

    /// The handle of the life after the present or last one; none when they are used up.
    pub(crate) fn next_handle(&self) -> Option<u32> {
        let handle = TaskHandle::from_raw(self.handle);
        (handle.generation() < LAST_GENERATION)
            .then(|| TaskHandle::new(handle.index(), handle.generation() + 1).raw())
    }

    /// What a caller with an old handle should use from now on: the present life's handle, or
    /// that of the life to come, or 0 when there will be none.
    pub(crate) fn successor(&self) -> usize {
        if self.is_alive() {
            self.handle as usize
        } else {
            self.next_handle().unwrap_or(0) as usize
        }
    }

    /// Remember that the window of a grant was taken away, and forget the oldest one.
    #[inline(always)]
    pub(crate) fn lose_window(&mut self, grant: u16) {
        self.lost = self.lost << u16::BITS | u64::from(grant);
    }

    /// The grants whose windows it lost last, the oldest first.
    pub(crate) fn lost_windows(&self) -> [u16; 4] {
        [3, 2, 1, 0].map(|at| (self.lost >> (at * u16::BITS)) as u16)
    }

    /// Forget the windows of the life before.
    pub(crate) fn forget_lost_windows(&mut self) {
        self.lost = NONE_LOST;
    }
}
