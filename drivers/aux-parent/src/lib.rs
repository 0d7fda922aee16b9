//! `pci-testdev`, shared with a child by typed leases.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod driver;

pub use driver::{Parent, ParentDriver};
