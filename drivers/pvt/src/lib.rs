//! Moortec's PVT controller (MR75203): the temperature of the processor.
//!
//! Sources: Linux `drivers/hwmon/mr75203.c` (registers, the order of stores, the formula); U-Boot
//! `dts/upstream/src/riscv/thead/th1520.dtsi` (the TH1520's coefficients). The clock of the TH1520's controller is
//! 73.728 MHz and always on (revyos/thead-kernel `drivers/clk/thead/clk-light-fm.c`).
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod formula;
mod registers;
mod sensor;

pub use sensor::{Pvt, PvtDriver};
