//! The devices, each by itself. A device knows offsets in its block and the time; the board knows where it lies.

pub mod goldfish;
pub mod plic;
pub mod uart;
