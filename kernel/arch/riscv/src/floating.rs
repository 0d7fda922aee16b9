//! Floating-point registers, for tasks that may use them.
//!
//! The unit is off for all other tasks, so their switches ignore it. While a task with such registers runs, another
//! trap vector is in use (`floating.s`): it saves the registers, switches the unit off, installs the ordinary vector
//! and continues there. How such a task continues is stored not as a flag but as the address of the code that loads the
//! registers again. An image without such tasks has none of this code.

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
    /// Continues with the register file in `a0`, and with all floating-point registers zero.
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
