//! QEMU's `edu` device: factorial by interrupt, DMA both ways.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod device;
mod driver;
mod pattern;
pub mod registers;

pub use driver::{Edu, EduDriver};
pub use pattern::Pattern;
