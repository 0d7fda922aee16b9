//! The TH1520's PWM: six channels of continuous waves.
//!
//! Sources: Linux `drivers/pwm/pwm_th1520.rs` (registers, rounding, the order of stores); Jisheng Zhang, "pwm: add
//! T-HEAD PWM driver", version 2, 2023 (`pwm-thead.c`: what the hardware does with the bits of the control register).
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod channel;
mod driver;
pub mod registers;
pub mod setting;

pub use driver::{CHANNELS, PwmDriver};
