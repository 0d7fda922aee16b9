//! The devices that the kernel itself drives: interrupt controllers, timers, early consoles and power switches.
//!
//! The board promises a device's register addresses when it makes the device; everything after that is safe code.
#![no_std]

#[cfg(test)]
extern crate std;

mod clint;
mod cmsdk_timer;
mod cmsdk_uart;
pub mod device_tree;
mod dw_uart;
mod dw_watchdog;
mod finisher;
mod iot_kit;
mod ns16550;
mod nvic;
mod plic;
mod registers;
#[cfg(target_arch = "arm")]
pub mod semihosting;
mod systick;

pub use clint::Clint;
pub use cmsdk_timer::CmsdkTimer;
pub use cmsdk_uart::CmsdkUart;
pub use dw_uart::DwUart;
pub use dw_watchdog::{DwWatchdog, Switch};
pub use finisher::Finisher;
pub use iot_kit::IotKit;
pub use ns16550::Ns16550;
pub use nvic::Nvic;
pub use plic::Plic;
pub use systick::SysTick;
