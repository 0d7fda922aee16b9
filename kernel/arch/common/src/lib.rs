//! Code that the protection hardwares of all instruction sets share.
#![no_std]
#![deny(unsafe_code)]

#[cfg(test)]
extern crate std;

#[expect(unsafe_code, reason = "memory that is no Rust object")]
mod memory;
#[expect(unsafe_code, reason = "declares what is unsafe to call")]
mod protection;

pub use memory::Memory;
pub use protection::Protection;
