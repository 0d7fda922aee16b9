//! Floating-point registers, for tasks that may use them.
//!
//! The unit is off for everybody else, so that their switches need not know of it. While a task
//! with such registers runs, the trap vector is another one (`floating.s`): it saves them, switches the unit off, puts
//! the ordinary vector in its place and goes on there. Where such a task goes on is not a flag but the address of the
//! instructions that load them again. An image without such tasks has none of this code.

use crate::RegisterFile;

/// The registers of extension D, and `fcsr` (Unprivileged ISA, chapter 12). The vector knows the layout.
#[derive(Debug)]
#[repr(C)]
pub struct FloatingRegisters {
    pub(crate) f: [u64; 32],
    pub(crate) fcsr: usize,
}

impl FloatingRegisters {
    /// Of a task that has never run.
    pub const EMPTY: Self = Self {
        f: [0; 32],
        fcsr: 0,
    };
}

unsafe extern "C" {
    /// Goes on with the register file in `a0`, all floating-point registers zero.
    fn leasehold_floating_fresh();
}

impl RegisterFile {
    /// Gives the task floating-point registers, from its next start on.
    ///
    /// # Safety
    /// `registers` must stay for as long as this, and be nobody else's.
    pub unsafe fn place_floating(&mut self, registers: *mut FloatingRegisters) {
        self.floating = registers.expose_provenance();
        self.fresh = leasehold_floating_fresh as *const () as usize;
        // Kernel addresses are negative where flags are 0 and 1.
        debug_assert!((self.fresh as isize) < 0);
    }
}
