//! The supervisor: lessor of every device. It binds, restarts, keeps the log, and waits for nobody.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod aperture;
mod bridge;
pub mod care;
pub mod device;
pub mod discovery;
mod function;
pub mod log;
mod own;
mod placement;
pub mod restart;
pub mod root;
pub mod serve;
pub mod state;
