//! The system calls, one safe function each.
//!
//! Everything here is a thin layer over [`leasehold_abi::Call`]: registers in, a [`Result`] out. On a board the backend
//! is an `ecall` or `svc`. On the host it is `mock`, a kernel that a test scripts, so the rest of this library runs
//! under `cargo test` and Miri.
//!
//! A call is safe if nothing that it can do breaks Rust's rules for memory that the compiler knows of. To lose a window
//! is safe in this sense: windows are accessed only through pointers, and an access to a lost window stops the task and
//! corrupts nothing.

#[cfg(all(
    target_os = "none",
    any(target_arch = "riscv64", target_arch = "riscv32")
))]
#[path = "riscv.rs"]
mod backend;
#[cfg(all(target_os = "none", target_arch = "arm"))]
#[path = "arm.rs"]
mod backend;
#[cfg(not(target_os = "none"))]
#[path = "host.rs"]
mod backend;
mod held;
mod lease;
mod lend;
mod make;
mod message;
#[cfg(not(target_os = "none"))]
pub mod mock;
mod privileged;
mod task;
mod words;

#[cfg(not(target_os = "none"))]
pub(crate) use backend::{keep, keep_shared};
pub(crate) use held::{hold, let_go};
pub use lease::{
    config_read, config_write, grant_claim, grant_info, grant_unclaim, interrupt_acknowledge,
    lease_event, lease_info, lease_release, lease_revoke,
};
pub(crate) use lease::{release, unclaim};
pub use leasehold_abi::{
    BeforeWait, Borrow, COPY_STEP, Claim, ClaimMode, Error, FaultKind, GrantInfo, GrantKind,
    LeaseEvent, LeaseHandle, LeaseInfo, LeaseState, MAX_BORROWS, MAX_TASKS, MESSAGE_WORDS,
    MOST_PARTS, MOST_PEERS, NAME_LENGTH, Notifications, Optional, PayloadType, RevokeMode, Rights,
    SELF_MEMORY, Serving, Tag, TaskHandle, TaskInfo, TaskState, WHOLE, label, label_after,
};
pub use lend::{LentPart, lease_lend};
pub use message::{
    BorrowInfo, Loan, Peers, Received, borrow_info, borrow_read, borrow_write, call, receive,
    receive_after, reply, reply_receive,
};
pub use privileged::{
    debug_write, grant_at, lease_at, stack_use, system_off, task_start, task_stop,
};
pub use task::{cancel_timer, notify, panic, set_serving, set_timer, task_info, task_self, time};
pub use words::Message;

/// The meaning of the first result register.
#[inline(always)]
fn status(code: usize) -> Result<(), Error> {
    match code {
        0 => Ok(()),
        // The kernel answers with no other code. A newer kernel's code breaks this contract.
        code => Err(Error::from_code(code).unwrap_or(Error::Protocol)),
    }
}

#[cfg(test)]
mod tests;
