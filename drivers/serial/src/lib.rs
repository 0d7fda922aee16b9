//! A serial console over any UART: the requirements for a chip, the rings, the waiting clients, the interface.
//!
//! The driver of a chip implements [`Chip`] over its registers and [`Model`] over its device. The task's driver is then
//! [`ConsoleDriver`] of the model.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod chip;
mod console;
pub mod port;
pub mod ring;
pub mod uart;

pub use chip::{Chip, Interrupts, Status};
pub use console::{Call, Console, ConsoleDriver, Model};
