//! Instructions that measurements need and safe Rust cannot express.
//!
//! This is the one crate of the bench with `unsafe` code. `raise`, `load_at_counter`, `clock`, `load`
//! and `store` go to whatever address they are given: only the bench may use them, on windows that it
//! claimed, on its arena, or to fault on purpose.
#![no_std]

mod arena;

#[cfg(target_arch = "arm")]
mod arm;
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
mod riscv;

pub use arena::{arena, lend_arena};
#[cfg(target_arch = "arm")]
pub use arm::*;
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
pub use riscv::*;
