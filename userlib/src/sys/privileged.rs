//! Calls that only the supervisor may make; others get `Denied`.

use super::{backend, status};
use core::ptr;
use leasehold_abi::{Call, DEBUG_STEP, Error, GrantInfo, LeaseHandle, LeaseInfo, TaskHandle};
use zerocopy::FromZeros;

/// Stops a task; [`Notifications::TASK`](super::Notifications::TASK) says when it is dormant.
///
/// # Errors
/// `NotFound`, `Denied`.
pub fn task_stop(index: usize) -> Result<(), Error> {
    // SAFETY: no argument is an address.
    let [code, ..] = unsafe { backend::call1(Call::TaskStop, index) };
    status(code)
}

/// Makes a dormant task's memory fresh and starts it; gives its new handle.
///
/// # Errors
/// `Busy` unless it is dormant, `NotFound`, `Denied`.
pub fn task_start(index: usize) -> Result<TaskHandle, Error> {
    // SAFETY: no argument is an address.
    let [code, handle, _] = unsafe { backend::call1(Call::TaskStart, index) };
    status(code)?;
    Ok(TaskHandle::from_raw(handle as u32))
}

/// About the lease in a slot of the kernel's table.
///
/// # Errors
/// `NotFound` past the last, `Revoked` for a free slot, `Denied`.
pub fn lease_at(slot: usize) -> Result<LeaseInfo, Error> {
    let mut info = LeaseInfo::new_zeroed();
    let address = ptr::from_mut(&mut info).expose_provenance();
    // SAFETY: the kernel writes one valid `LeaseInfo` there.
    let [code, ..] = unsafe { backend::call2(Call::LeaseAt, slot, address) };
    status(code)?;
    Ok(info)
}

/// Looks for a word of a task's stack that is not zero, from `offset` bytes above its low end on: gives the stack's
/// size, and how far it came within [`STACK_STEP`](leasehold_abi::STACK_STEP) bytes.
///
/// # Errors
/// `NotFound` past the last task, `Invalid` for an offset that is not a word's, `Denied`.
pub fn stack_use(index: usize, offset: usize) -> Result<(usize, usize), Error> {
    // SAFETY: no argument is an address.
    let [code, size, found] = unsafe { backend::call2(Call::StackUse, index, offset) };
    status(code)?;
    Ok((size, found))
}

/// About a grant of any lease.
///
/// # Errors
/// `Revoked`, `NotFound`, `Denied`.
pub fn grant_at(lease: LeaseHandle, index: usize) -> Result<GrantInfo, Error> {
    let mut info = GrantInfo::new_zeroed();
    let address = ptr::from_mut(&mut info).expose_provenance();
    // SAFETY: the kernel writes one valid `GrantInfo` there.
    let [code, ..] = unsafe { backend::call3(Call::GrantAt, lease.raw() as usize, index, address) };
    status(code)?;
    Ok(info)
}

/// Writes to the kernel's early console.
///
/// # Errors
/// `Denied`.
pub fn debug_write(bytes: &[u8]) -> Result<(), Error> {
    for part in bytes.chunks(DEBUG_STEP) {
        let address = part.as_ptr().expose_provenance();
        // SAFETY: the kernel reads `part`.
        let [code, ..] = unsafe { backend::call2(Call::DebugWrite, address, part.len()) };
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
    let [status, ..] =
        unsafe { backend::call2(Call::SystemOff, code as usize, usize::from(reset)) };
    Error::from_code(status).unwrap_or(Error::Protocol)
}
