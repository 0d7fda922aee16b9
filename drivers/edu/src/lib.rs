//! QEMU's edu device.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod pattern;
pub mod registers;

pub use pattern::Pattern;
