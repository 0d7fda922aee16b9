//! The library that every task links: system calls, messages, the driver runtime, devices on lease.
#![no_std]

#[cfg(not(target_os = "none"))]
extern crate std;

// The compiler calls its functions.
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
extern crate leasehold_saved as _;
// The macros name this crate by its path, also where it uses them itself.
extern crate self as userlib;

pub mod auxiliary;
mod devres;
#[cfg(any(test, all(target_os = "none", target_pointer_width = "32")))]
mod division;
pub mod dma;
#[doc(hidden)]
pub mod early;
#[cfg(test)]
mod failure_tests;
pub mod future;
pub mod interrupt;
pub mod io;
pub mod ipc;
mod lend;
pub mod log;
mod manifest;
mod memory;
#[cfg(target_os = "none")]
mod one_thread;
pub mod pci;
pub mod policy;
pub mod runtime;
#[doc(hidden)]
pub mod setting;
pub mod start;
pub mod supervisor;
pub mod sys;
#[cfg(test)]
mod testing;
pub mod text;
pub mod time;
pub mod timer;
pub mod wait;

pub use devres::{Devres, DevresGuard, DevresLt, Guard};
pub use for_lt::{self, CovariantForLt, ForLt};
#[doc(inline)]
pub use io::registers;
pub use leasehold_abi::Error;
#[doc(hidden)]
pub use start as __start;
#[doc(hidden)]
pub use tock_registers as __tock_registers;
#[doc(hidden)]
pub use userlib_macros::line as __line;
