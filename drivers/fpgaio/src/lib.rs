//! The FPGAIO block of Arm's MPS2 boards: LEDs, buttons and counters, each lent to a child.
//!
//! # What is lent, and how
//! The LED register is the block's first word and the buttons and counters follow within 32
//! bytes, which is the least that an Arm protection unit tells apart. So no child can have a
//! window on the LEDs without the rest, nor one on the rest that hides the LEDs.
//!
//! - Buttons and counters are only read. Their child has a window on those 32 bytes with the right
//!   to read and no other (a lease never confers more than its lessor chooses to give of what it
//!   holds): it sees the LEDs, and a store to them is a fault of its own.
//! - LEDs are written, and a right to write the window would be one to set the counters and their
//!   prescaler too. So their child has no window. It has, on lease, a word of the parent's memory
//!   under a lock, writes there what is to be lit, and rings; the parent alone stores to the
//!   register, and shows what the register then says. A call to the parent would do as well for
//!   an honest child, but a call goes by the manifest's edges, whatever leases there are: the word is
//!   the lease, and goes with it.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod driver;
pub mod payload;
pub mod pin;
pub mod registers;

pub use driver::{Board, BoardDriver};
