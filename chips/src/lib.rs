//! Interrupt controllers, timers, early consoles and power switches, by chip.
//!
//! A device here is one that the kernel itself uses. Its registers are reached at an
//! address that the board promises when it makes the device; from there on it is safe.
#![no_std]

#[cfg(test)]
extern crate std;

mod finisher;
mod ns16550;
mod plic;
mod registers;

pub use finisher::Finisher;
pub use ns16550::Ns16550;
pub use plic::Plic;

/// What the build tells the kernel about its chip: the `[kernel]` part of `chip.toml`.
/// Addresses are physical.
#[derive(Clone, Copy, Debug)]
pub struct ChipConfig {
    /// Rate of the `time` counter, in ticks a second.
    pub ticks_per_second: u64,
    /// First register of the interrupt controller.
    pub plic_base: usize,
    /// The controller's context for supervisor mode of the boot hart.
    pub plic_context: usize,
    /// Interrupt lines, line 0 (none) among them.
    pub plic_lines: usize,
    /// First register of the early console, an NS16550.
    pub uart_base: usize,
    /// The register that turns the machine off with an exit code.
    pub finisher_base: usize,
}
