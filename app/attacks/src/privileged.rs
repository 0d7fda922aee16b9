//! Instructions of privileged modes, and of extensions that a task does not have
//! (The RISC-V Instruction Set Manual, Volume II: Privileged Architecture, 20211203).
//!
//! Each is expected to fault. One that returns reports what it left in a register.

use core::arch::asm;

/// Defines functions that execute one instruction and return.
macro_rules! instruction {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $(
            $(#[$doc])*
            pub fn $name() {
                // SAFETY: the point is to fault. An instruction that a broken kernel lets pass
                // changes machine state that no Rust object of this task depends on.
                unsafe { asm!($text) }
            }
        )*
    };
}

instruction! {
    /// The all-zero instruction, which is defined to be illegal.
    illegal = "unimp";
    /// Sets `satp` to zero: no translation at all.
    write_translation = "csrw satp, zero";
    /// Returns from supervisor mode.
    supervisor_return = "sret";
    /// Returns from machine mode.
    machine_return = "mret";
    /// Flushes cached translations.
    fence_translation = "sfence.vma zero, zero";
    /// Stalls the hart; illegal in user mode where supervisor mode exists (section 3.3.3).
    wait_for_interrupt = "wfi";
    /// A breakpoint.
    breakpoint = "ebreak";
    /// `fmv.w.x ft0, zero`, by its encoding, since tasks are built without that extension.
    floating_point = ".4byte 0xf0000053";
}

/// Reads `sstatus`.
pub fn read_status() -> usize {
    let value;
    // SAFETY: the point is to fault; if it does not, it is a plain read.
    unsafe { asm!("csrr {}, sstatus", out(reg) value) }
    value
}

/// Reads `sscratch`.
pub fn read_scratch() -> usize {
    let value;
    // SAFETY: the point is to fault; if it does not, it is a plain read.
    unsafe { asm!("csrr {}, sscratch", out(reg) value) }
    value
}

/// Sets the supervisor's trap vector.
pub fn write_trap_vector(vector: usize) {
    // SAFETY: the point is to fault; if it does not, the next trap goes astray, and the run
    // with it, which is a failed test.
    unsafe { asm!("csrw stvec, {}", in(reg) vector) }
}
