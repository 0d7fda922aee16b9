//! Numbers and layouts shared by the kernel, the tasks and the build.
//!
//! The contract between a task and the kernel is here and nowhere else: call numbers
//! ([`Call`]) and their [`arguments`], errors ([`Error`]), handles ([`TaskHandle`], [`LeaseHandle`]), the message
//! tag ([`Tag`]) and the records that the kernel writes into a task's memory
//! ([`TaskInfo`], [`LeaseInfo`], [`GrantInfo`]).
#![no_std]
#![forbid(unsafe_code)]

mod call;
pub mod configuration;
mod error;
mod handle;
mod lease;
mod lending;
mod limits;
mod message;
pub mod names;
mod notifications;
mod optional;
mod padded;
mod payload;
mod pci;
mod registers;
mod serving;
mod task;
mod timer;

pub use call::{Call, arguments};
pub use error::Error;
pub use handle::{LeaseHandle, TaskHandle};
pub use lease::{
    Claim, ClaimMode, GrantInfo, GrantKind, LeaseEvent, LeaseInfo, LeaseState, RevokeMode, Rights,
    label, label_after,
};
pub use lending::{Lending, LentPart};
pub use limits::{
    COPY_STEP, DEBUG_STEP, MAX_BINDINGS, MAX_BORROWS, MAX_LEASES, MAX_TASKS, MESSAGE_WORDS,
    MOST_ENDS, MOST_PARTS, MOST_PEERS, NAME_LENGTH, PANIC_LENGTH, SELF_MEMORY, STACK_STEP,
    UNALIGNED_STEP, WHOLE,
};
pub use message::{BeforeWait, Borrow, Tag};
pub use notifications::Notifications;
pub use optional::{Optional, Word};
pub use padded::Padded;
pub use payload::PayloadType;
pub use pci::{ClassCode, FunctionId, InterruptPin};
pub use registers::{Arguments, Registers};
pub use serving::Serving;
pub use task::{FaultKind, TaskInfo, TaskState};
