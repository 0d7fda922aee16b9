//! A serial console over any UART: what a chip must do, the rings, who waits, the interface.
//!
//! A driver of one chip implements [`Chip`] over its registers and [`Model`] over its device,
//! and is [`ConsoleDriver`] of that.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod chip;
mod console;
pub mod port;
pub mod ring;
pub mod uart;

pub use chip::{Chip, Interrupts, Status};
pub use console::{Call, Console, ConsoleDriver, Model};
