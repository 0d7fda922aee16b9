//! What every task links: system calls, the message layer, the driver runtime, devices on lease.
#![no_std]

#[cfg(not(target_os = "none"))]
extern crate std;

// The macros name this crate by its path, also where it uses them itself.
extern crate self as userlib;

pub mod ipc;
pub mod log;
pub mod policy;
mod start;
pub mod supervisor;
pub mod sys;

pub use for_lt::{self, CovariantForLt, ForLt};
pub use leasehold_abi::Error;
