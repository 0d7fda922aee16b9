//! DesignWare's general-purpose I/O: the parent of a port's lines.
//!
//! The lines share registers bit by bit, so only this driver writes them. Each line that the manifest names in `offers`
//! (`line0` to `line31`) is an auxiliary device. Who has it on lease may use the line by calls. When that lease ends,
//! the line is an input without an interrupt again.
//!
//! The registers and the block's clock are two leases. The lines are on offer while both are there.
//!
//! Sources: U-Boot `drivers/gpio/dwapb_gpio.c`, Linux `drivers/gpio/gpio-dwapb.c`.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod driver;
mod port;
pub mod registers;

pub use driver::GpioDriver;
