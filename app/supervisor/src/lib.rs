//! The supervisor: lessor of every device.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod log;
pub mod restart;
