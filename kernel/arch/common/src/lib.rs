//! What the protection hardware of several instruction sets has in common.
#![no_std]
#![deny(unsafe_code)]

#[cfg(test)]
extern crate std;

mod slots;

pub use slots::Slots;
