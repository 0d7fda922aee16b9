//! Calls that only the supervisor may make; others get `Denied`.

use super::make::make;
use super::status;
use core::ptr;
use leasehold_abi::{DEBUG_STEP, Error, GrantInfo, LeaseHandle, LeaseInfo, TaskHandle, arguments};
use zerocopy::FromZeros;

/// Stops a task; [`Notifications::TASK`](super::Notifications::TASK) says when it is dormant.
///
/// # Errors
/// `NotFound`, `Denied`.
pub fn task_stop(task: usize) -> Result<(), Error> {
    // SAFETY: no argument is an address.
    let [code, ..] = unsafe { make(arguments::TaskStop { task }) };
    status(code)
}

/// Makes a dormant task's memory fresh and starts it; gives its new handle.
///
/// # Errors
/// `Busy` unless it is dormant, `NotFound`, `Denied`.
pub fn task_start(task: usize) -> Result<TaskHandle, Error> {
    // SAFETY: no argument is an address.
    let [code, handle, _] = unsafe { make(arguments::TaskStart { task }) };
    status(code)?;
    Ok(TaskHandle::from_raw(handle as u32))
}

/// About the lease in a slot of the kernel's table.
///
/// # Errors
/// `NotFound` past the last, `Revoked` for a free slot, `Denied`.
pub fn lease_at(slot: usize) -> Result<LeaseInfo, Error> {
    let mut info = LeaseInfo::new_zeroed();
    let record = ptr::from_mut(&mut info).expose_provenance();
    // SAFETY: the kernel writes one valid `LeaseInfo` there.
    let [code, ..] = unsafe { make(arguments::LeaseAt { slot, record }) };
    status(code)?;
    Ok(info)
}

/// Looks for a word of a task's stack that is not zero, from `offset` bytes above its low end on: gives the stack's
/// size, and how far it came within [`STACK_STEP`](leasehold_abi::STACK_STEP) bytes.
///
/// # Errors
/// `NotFound` past the last task, `Invalid` for an offset that is not a word's, `Denied`.
pub fn stack_use(task: usize, offset: usize) -> Result<(usize, usize), Error> {
    // SAFETY: no argument is an address.
    let [code, size, found] = unsafe { make(arguments::StackUse { task, offset }) };
    status(code)?;
    Ok((size, found))
}

/// About a grant of any lease.
///
/// # Errors
/// `Revoked`, `NotFound`, `Denied`.
pub fn grant_at(lease: LeaseHandle, grant: usize) -> Result<GrantInfo, Error> {
    let mut info = GrantInfo::new_zeroed();
    let record = ptr::from_mut(&mut info).expose_provenance();
    // SAFETY: the kernel writes one valid `GrantInfo` there.
    let [code, ..] = unsafe {
        make(arguments::GrantAt {
            lease: lease.register(),
            grant,
            record,
        })
    };
    status(code)?;
    Ok(info)
}

/// Writes to the kernel's early console.
///
/// # Errors
/// `Denied`.
pub fn debug_write(bytes: &[u8]) -> Result<(), Error> {
    for part in bytes.chunks(DEBUG_STEP) {
        let (text, length) = (part.as_ptr().expose_provenance(), part.len());
        // SAFETY: the kernel reads `part`.
        let [code, ..] = unsafe { make(arguments::DebugWrite { text, length }) };
        status(code)?;
    }
    Ok(())
}

/// Turns the machine off with an exit code, or resets it.
///
/// # Errors
/// Comes back only when denied.
pub fn system_off(code: u32, reset: bool) -> Error {
    // SAFETY: no argument is an address.
    let [status, ..] = unsafe {
        make(arguments::SystemOff {
            code: code as usize,
            reset: usize::from(reset),
        })
    };
    Error::from_code(status).unwrap_or(Error::Protocol)
}
