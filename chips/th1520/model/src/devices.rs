//! The devices, each by itself. A device knows offsets in its block and the time; the board knows where it lies.

pub mod clint;
pub mod control;
pub mod dmac;
pub mod goldfish;
pub mod gpio;
pub mod i2c;
pub mod pads;
pub mod plic;
pub mod pvt;
pub mod pwm;
pub mod timer;
pub mod uart;
pub mod watchdog;
