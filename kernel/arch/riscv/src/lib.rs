//! RISC-V: entry code, registers of a task, Sv39 page tables and physical memory protection.
//!
//! RV64 is for supervisor mode with Sv39, RV32 for machine mode with PMP.
//!
//! Unsafe code is in `assembly`, `csr`, `floating`, `memory`, `sbi`, `spaces` and `trap` only. Tables, contexts and
//! fault decoding are safe and portable, so they are tested on the host.
//!
//! Sources: *RISC-V Unprivileged ISA* 20191213, *RISC-V Privileged Architecture* 20211203,
//! *RISC-V Supervisor Binary Interface* 1.0.
#![no_std]
#![deny(unsafe_code)]

// The compiler calls its functions.
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
extern crate leasehold_saved as _;
#[cfg(test)]
extern crate std;

#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
#[expect(unsafe_code, reason = "entry code")]
mod assembly;
mod attributes;
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
#[expect(unsafe_code, reason = "changes the boot table; the place of the stack")]
pub mod boot;
mod context;
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
#[expect(unsafe_code, reason = "control and status registers")]
pub mod csr;
mod entry;
mod fault;
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
#[expect(unsafe_code, reason = "registers that the trap vector saves")]
mod floating;
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
#[expect(unsafe_code, reason = "a function that the compiler calls")]
mod memory;
mod pmp;
#[cfg(test)]
#[path = "../../common/random.rs"]
mod random;
#[cfg(test)]
mod reservation;
#[cfg(target_arch = "riscv64")]
#[expect(unsafe_code, reason = "calls to the firmware")]
pub mod sbi;
#[cfg(target_arch = "riscv64")]
#[expect(unsafe_code, reason = "changes the trap vector at boot")]
mod spaces;
mod sv39;
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
#[expect(unsafe_code, reason = "the trap vector")]
pub mod trap;

pub use attributes::{Attributes, C910, Standard};
pub use context::RegisterFile;
pub use entry::{Entry, Permission};
pub use fault::decode;
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
pub use floating::FloatingRegisters;
pub use pmp::Pmp;
#[cfg(target_arch = "riscv64")]
pub use spaces::{Spaces, Store};
pub use sv39::{PAGE_SIZE, Sv39, Table, Use, WINDOW_MASK};

/// What is added to a physical address to reach it from the kernel: the upper half of Sv39.
#[cfg(target_pointer_width = "64")]
pub const DIRECT_MAP: usize = 0xffff_ffc0_0000_0000;
