//! Lifetimes as data: families of types, proofs of covariance, and a value that can be revoked.
//!
#![doc = include_str!("../README.md")]
#![no_std]

#[cfg(test)]
extern crate std;

// The derives name this crate by its absolute path, also when it uses them itself.
extern crate self as for_lt;

mod covariant;
pub mod families;
mod family;
mod identity;
mod macros;
pub mod revocable;

pub use covariant::{CovariantForLt, ProveCovariant, Witness};
pub use family::ForLt;
pub use for_lt_macros::{CovariantFamily, Family};
pub use identity::payload_identity;
pub use revocable::Revocable;

/// What the macros expand to. Not part of the interface: it may change in any release.
#[doc(hidden)]
pub mod __private {
    pub use crate::families::Refused;
    pub use crate::family::{HigherRanked, WellFormed, WithLt};
    pub use core;
    pub use for_lt_macros::{covariant_family, covariant_for_lt, family, for_lt};
}
