//! `pci-testdev`, or a chip's temperature sensors, shared with children by typed leases.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod driver;
pub mod hold;
pub mod payload;

pub use driver::{Parent, ParentDriver};
