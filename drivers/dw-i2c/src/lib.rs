//! DesignWare's I2C controller as a master: the parent of the targets on its bus.
//!
//! Each target that the manifest names in `offers` by its address of 7 bits (`target18`, in hexadecimal) is an
//! auxiliary device. Who has it on lease may transfer to and from that address, and to no other. [`Controller`] is
//! the bus for crates that know `embedded-hal`, blocking or asynchronous.
//!
//! Sources: Linux `drivers/i2c/busses/i2c-designware-core.h` and `i2c-designware-master.c` (registers, the order of
//! stores, how a transfer is given up), U-Boot `drivers/i2c/designware_i2c.h`.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod bus;
mod controller;
mod driver;
mod master;
mod progress;
pub mod registers;

pub use bus::{Bus, Events, PATIENCE, Polled};
pub use controller::Controller;
pub use driver::{Binding, I2cDriver};
