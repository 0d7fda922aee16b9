//! Calls about time, notifications and tasks.

use super::make::make;
use super::status;
use core::ptr;
use leasehold_abi::{Error, Notifications, Serving, TaskHandle, TaskInfo, arguments};
use zerocopy::FromZeros;

/// The caller's own handle.
#[inline(always)]
pub fn task_self() -> TaskHandle {
    // SAFETY: no argument.
    let [_, handle, _] = unsafe { make(arguments::TaskSelf {}) };
    TaskHandle::from_raw(handle as u32)
}

/// Ticks since boot.
#[inline(always)]
pub fn time() -> u64 {
    // SAFETY: no argument.
    let [_, low, _high] = unsafe { make(arguments::Time {}) };
    #[cfg(target_pointer_width = "64")]
    let ticks = low as u64;
    #[cfg(target_pointer_width = "32")]
    let ticks = low as u64 | (_high as u64) << 32;
    ticks
}

/// Posts `bits` at this time (ticks since boot), instead of what was set before. No bits: nothing is posted.
///
/// # Errors
/// `Invalid` for bits that are the kernel's.
#[inline]
pub fn set_timer(deadline: u64, bits: Notifications) -> Result<(), Error> {
    // SAFETY: no argument is an address.
    let [code, ..] = unsafe {
        make(arguments::SetTimer {
            deadline,
            bits: bits.register(),
        })
    };
    status(code)
}

/// Cancels what [`set_timer`] set, unless it was posted already.
#[inline]
pub fn cancel_timer() {
    // An empty set cannot be refused.
    let _ = set_timer(0, Notifications::empty());
}

/// Posts notifications of [`PEERS`](Notifications::PEERS) to a task; the supervisor may post `CRASH` too.
///
/// # Errors
/// `Dead`, `Denied` (not a peer of the manifest), `Invalid` (other bits).
#[inline(always)]
pub fn notify(task: TaskHandle, bits: Notifications) -> Result<(), Error> {
    // SAFETY: no argument is an address.
    let [code, ..] = unsafe {
        make(arguments::Notify {
            task: task.register(),
            bits: bits.register(),
        })
    };
    status(code)
}

/// Sets what becomes of the caller's callers from now on.
///
/// # Errors
/// None that the caller can cause.
#[inline]
pub fn set_serving(serving: Serving) -> Result<(), Error> {
    // SAFETY: no argument is an address.
    let [code, ..] = unsafe {
        make(arguments::SetServing {
            serving: serving as usize,
        })
    };
    status(code)
}

/// About the task of this index.
///
/// # Errors
/// `NotFound` past the last.
pub fn task_info(task: usize) -> Result<TaskInfo, Error> {
    let mut info = TaskInfo::new_zeroed();
    let record = ptr::from_mut(&mut info).expose_provenance();
    // SAFETY: the kernel writes one valid `TaskInfo` there.
    let [code, ..] = unsafe { make(arguments::TaskInfo { task, record }) };
    status(code)?;
    Ok(info)
}

/// Ends the task with a panic message (the kernel keeps its start).
pub fn panic(message: &[u8]) -> ! {
    let (message, length) = (message.as_ptr().expose_provenance(), message.len());
    // SAFETY: the kernel reads `message` and never returns.
    unsafe { make(arguments::Panic { message, length }) };
    unreachable_end()
}

/// The code after a call that does not return.
#[cfg(target_os = "none")]
fn unreachable_end() -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// On the host the scripted kernel does return, and the test sees a panic.
#[cfg(not(target_os = "none"))]
fn unreachable_end() -> ! {
    std::panic!("the task ended")
}
