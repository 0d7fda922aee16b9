//! NS16550A: the serial console, interrupt-driven both ways.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod port;
pub mod registers;
pub mod ring;
pub mod uart;
