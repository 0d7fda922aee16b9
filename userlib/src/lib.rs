//! What every task links: system calls, the message layer, the driver runtime, devices on lease.
#![no_std]

#[cfg(not(target_os = "none"))]
extern crate std;

pub mod policy;
mod start;
pub mod sys;

pub use leasehold_abi::Error;
