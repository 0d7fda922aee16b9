//! The calls that drivers and the supervisor answer, and the records in them.
//!
//! They are apart from the drivers, so that a client is compiled without its server.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod chaos;

pub use chaos::ChaosKind;
