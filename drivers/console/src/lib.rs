//! NS16550A: the serial console, interrupt-driven both ways.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod registers;
mod ring;
mod uart;

pub use registers::{Register, Registers, WINDOW};
pub use uart::Uart;
