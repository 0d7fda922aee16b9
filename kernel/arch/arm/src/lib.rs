//! Arm's M profile: entry code, registers of a task, and the memory protection units of Armv7-M and Armv8-M.
//!
//! Unsafe code is in `boot`, `floating`, `idle`, `memory`, `system` and `trap` only. Tables, contexts and
//! fault decoding are safe and portable, so they are tested on the host.
//!
//! Sources: *Armv7-M Architecture Reference Manual* (DDI 0403E.e), *Armv8-M Architecture Reference Manual* (DDI
//! 0553B.l), *Procedure Call Standard for the Arm Architecture* (IHI 0042).
#![no_std]
#![deny(unsafe_code)]

#[cfg(test)]
extern crate std;

#[cfg(target_arch = "arm")]
#[expect(unsafe_code, reason = "entry code")]
pub mod boot;
mod context;
pub mod fault;
#[cfg(target_arch = "arm")]
#[expect(unsafe_code, reason = "entry code")]
mod floating;
#[cfg(target_arch = "arm")]
#[expect(unsafe_code, reason = "a task of the kernel's own")]
pub mod idle;
#[cfg(target_arch = "arm")]
#[expect(unsafe_code, reason = "copies by instructions")]
mod memory;
pub mod pmsa_v7;
pub mod pmsa_v8;
mod region;
#[cfg(target_arch = "arm")]
#[expect(unsafe_code, reason = "system control registers")]
pub mod system;
mod tables;
#[cfg(test)]
mod testing;
#[cfg(target_arch = "arm")]
#[expect(unsafe_code, reason = "the exception vectors")]
pub mod trap;

pub use context::{Frame, RegisterFile};
#[cfg(target_arch = "arm")]
pub use floating::FloatingRegisters;
pub use region::{Cover, Encoding, Memory, Permission, Span};
pub use tables::Tables;

/// How many regions of a unit are used. A processor with fewer does not boot. If it has more, the others are off.
pub(crate) const REGIONS: usize = 8;
/// Those for windows.
const WINDOWS: usize = 5;
/// Armv7-M's unit, for `T` tasks.
pub type PmsaV7<const T: usize> = Tables<pmsa_v7::Region, T, REGIONS, WINDOWS>;
/// Armv8-M's unit, for `T` tasks.
pub type PmsaV8<const T: usize> = Tables<pmsa_v8::Region, T, REGIONS, WINDOWS>;
