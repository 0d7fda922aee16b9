//! `pci-testdev`, or a chip's temperature sensors, shared with a child by typed leases.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod driver;
pub mod payload;

pub use driver::{Parent, ParentDriver};
