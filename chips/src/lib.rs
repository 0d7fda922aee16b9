//! Interrupt controllers, timers, early consoles and power switches, by chip.
//!
//! A device here is one that the kernel itself uses. Its registers are reached at an
//! address that the board promises when it makes the device; from there on it is safe.
#![no_std]

#[cfg(test)]
extern crate std;

mod clint;
mod finisher;
mod ns16550;
mod plic;
mod registers;

pub use clint::Clint;
pub use finisher::Finisher;
pub use ns16550::Ns16550;
pub use plic::Plic;
