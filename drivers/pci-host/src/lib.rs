//! The PCI host bridge: it discovers functions, it does not own their windows.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod aperture;
pub mod bars;
pub mod config;
mod driver;
pub mod enumerate;

pub use driver::{Host, PciHostDriver};
