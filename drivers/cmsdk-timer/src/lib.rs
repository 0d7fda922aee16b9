//! A timer of the Cortex-M System Design Kit as a device: alarms by interrupt, delays by busy waiting.
//!
//! The kernel's own clock is another timer of the same kind; this one is a driver's.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod driver;
pub mod registers;
pub mod timer;

pub use driver::{Bound, TimerDriver};
