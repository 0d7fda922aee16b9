//! Where the entry code finds the fields that its fast paths need, in bytes.

use crate::lease::links::List;
use crate::reaper::Reaper;
use crate::task::Task;
use crate::time::deadlines::Deadlines;
use crate::{Hardware, Kernel, TaskSet};
use core::marker::PhantomData;
use core::mem::offset_of;

/// What lies in front of the tasks' records, from the start of the kernel's state on.
#[repr(C)]
struct Head {
    overdue: Deadlines,
    timers: Deadlines,
    alarm: u64,
    ready: TaskSet,
    current: usize,
    reaper: Reaper,
    epoch: u32,
    masters: List,
    master_count: u16,
    config: &'static (),
}

/// Offsets in the record of a task whose registers are a `C`: a record begins with them. Those of `Head` are relative
/// to the first record.
#[derive(Debug)]
pub struct Layout<C>(PhantomData<C>);

impl<C> Layout<C> {
    /// Length of a record.
    pub const TASK: usize = size_of::<Task<C>>();
    /// The task's handle, a `u32`.
    pub const HANDLE: usize = offset_of!(Task<C>, handle);
    /// The handle by which a caller may hand its message over at once, a `u32`.
    pub const ACCEPTING: usize = offset_of!(Task<C>, accepting);
    /// The handle by which a fast path may resume it, a `u32`.
    pub const FAST: usize = offset_of!(Task<C>, fast);
    /// Notifications that are set, a `u32`.
    pub const PENDING: usize = offset_of!(Task<C>, pending);
    /// Notifications that end its wait, a `u32`.
    pub const MASK: usize = offset_of!(Task<C>, mask);
    /// The set of its callers whose message it has not received.
    pub const WAITING: usize = offset_of!(Task<C>, waiting);
    /// The set of its callers to whom it owes a reply.
    pub const IN_SERVICE: usize = offset_of!(Task<C>, in_service);
    /// The set of tasks that it may call.
    pub const CALLS: usize = offset_of!(Task<C>, calls);
    /// Address of the buffers that it lends.
    pub const BORROWS: usize = offset_of!(Task<C>, borrows);
    /// Number of these buffers.
    pub const BORROW_COUNT: usize = offset_of!(Task<C>, borrow_count);
    /// The server's index, while it is blocked on one.
    pub const PEER: usize = offset_of!(Task<C>, peer);
    /// Its [`TaskState`](leasehold_abi::TaskState), a byte.
    pub const STATE: usize = offset_of!(Task<C>, state);
    /// Whether it serves, a byte.
    pub const SERVING: usize = offset_of!(Task<C>, serving);
    /// The set of tasks that can run.
    pub const READY: isize = Self::head(offset_of!(Head, ready));
    /// The index of the task that runs.
    pub const CURRENT: isize = Self::head(offset_of!(Head, current));
    /// A word whose bits are all set when the reaper has nothing to do.
    pub const HIGHER: isize = Self::head(offset_of!(Head, reaper.higher));

    /// Where the records begin in the kernel's state.
    const TASKS: usize = size_of::<Head>().next_multiple_of(align_of::<Task<C>>());

    const fn head(field: usize) -> isize {
        field as isize - Self::TASKS as isize
    }
}

/// Refuses to compile where the kernel's state is not as above.
pub(crate) const fn check<
    H: Hardware,
    const T: usize,
    const L: usize,
    const G: usize,
    const B: u32,
>() {
    type State<H, const T: usize, const L: usize, const G: usize, const B: u32> =
        Kernel<H, T, L, G, B>;
    #[cfg(not(target_arch = "arm"))]
    assert!(
        Layout::<H::Context>::TASK.is_power_of_two(),
        "a record's address is a shift"
    );
    // Where the fields of `Head` begin.
    let head = offset_of!(State<H, T, L, G, B>, tasks) - Layout::<H::Context>::TASKS;
    assert!(
        offset_of!(State<H, T, L, G, B>, ready) == head + offset_of!(Head, ready)
            && offset_of!(State<H, T, L, G, B>, current) == head + offset_of!(Head, current)
            && offset_of!(State<H, T, L, G, B>, reaper) == head + offset_of!(Head, reaper)
            && offset_of!(Task<H::Context>, context) == 0,
        "the entry code's fast paths would miss the kernel's state"
    );
}
