//! Floating-point registers, for tasks that may use them.
//!
//! The unit is off for all other tasks. So their switches ignore it, and the processor pushes none of its registers.
//! While a task with such registers runs, another vector table is in use (`floating.s`): its handlers save the
//! registers, switch the unit off, install the ordinary table and continue there. How such a task continues is stored
//! not as a flag but as the address of the code that loads the registers again. An image without such tasks has none of
//! this code.

use crate::{RegisterFile, system};
use core::mem::offset_of;

/// The registers of the extension with 32 of single precision, and `FPSCR` (Armv7-M, A2.5). The vectors know the
/// layout.
#[derive(Debug)]
#[repr(C)]
pub struct FloatingRegisters {
    s: [u32; 32],
    fpscr: u32,
}

impl FloatingRegisters {
    /// Of a task that has never run.
    pub const EMPTY: Self = Self {
        s: [0; 32],
        fpscr: 0,
    };
}

unsafe extern "C" {
    /// Continues a task that was interrupted, never ran, or whose checked access was refused.
    fn leasehold_floating_interrupted();
    fn leasehold_floating_fresh();
    fn leasehold_floating_skipped();
}

core::arch::global_asm!(
    include_str!("trap/macros.s"),
    include_str!("floating.s"),
    ARMV8M = const cfg!(armv8m) as usize,
    FRAME = const offset_of!(RegisterFile, frame),
    LIMITS = const offset_of!(RegisterFile, lowest),
    STATE = const offset_of!(RegisterFile, state),
    AFTER_INTERRUPT = const offset_of!(RegisterFile, states),
    FLOATING = const offset_of!(RegisterFile, floating),
    UNIT = const system::PROTECTION,
    ACCESS = const system::COPROCESSORS,
    ACCESS_ON = const system::FLOATING_ON,
    VECTORS = const system::VECTORS,
    LINES = const crate::trap::LINES,
);

impl RegisterFile {
    /// Gives the task floating-point registers, from its next start on.
    ///
    /// # Safety
    /// `registers` must stay for as long as this, and be nobody else's.
    pub unsafe fn assign_floating(&mut self, registers: *mut FloatingRegisters) {
        system::push_no_floating();
        self.floating = registers.expose_provenance();
        self.states = [
            leasehold_floating_interrupted as *const () as usize,
            leasehold_floating_fresh as *const () as usize,
            leasehold_floating_skipped as *const () as usize,
        ];
    }
}
