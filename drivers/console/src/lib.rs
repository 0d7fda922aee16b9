//! NS16550A: the serial console, interrupt-driven both ways.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod driver;
pub mod port;
pub mod registers;
pub mod ring;
pub mod uart;

pub use driver::{Call, Console, ConsoleDriver};
