//! The PCI host bridge: the driver discovers functions. It does not place their windows or own them.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod config;
mod driver;
pub mod enumerate;

pub use driver::{Host, PciHostDriver};
