//! The FPGAIO block of Arm's MPS2 boards: LEDs, buttons and counters, each lent to a child.
//!
//! # What is lent, and how
//! The LED register is the block's first word. The buttons and counters follow within 32 bytes, the smallest range that
//! an Arm protection unit can separate. So a window on the LEDs contains the rest too, and no window on the rest can
//! hide the LEDs.
//!
//! - Buttons and counters are only read. Their child has a window on those 32 bytes with only the right to read. It
//!   sees the LEDs, and a store to them is its own fault.
//! - LEDs are written. The right to write the window would also be a right to set the counters and their prescaler. So
//!   their child has no window. It has a word of the parent's memory on lease, under a lock. It writes there which LEDs
//!   to light, and notifies the parent. Only the parent stores to the register, and then publishes the register's
//!   value. For an honest child a call to the parent would do as well. But the manifest says who may call, whatever
//!   leases there are; the right to the word ends with the lease.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod driver;
pub mod payload;
pub mod registers;

pub use driver::{Board, BoardDriver};
