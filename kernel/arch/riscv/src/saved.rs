//! Saving and restoring registers, once for all functions.
//!
//! With LLVM's feature `save-restore` a function calls these in place of loads and stores of its own: first
//! `__riscv_save_N` with its return address in `t0`, and last a jump to `__riscv_restore_N`, which returns to the
//! function's caller. `N` is how many of `s0` to `s11` it uses. `ra` lies at the top of the frame, and below it `s0`,
//! `s1` and so on; the frame is a multiple of 16 bytes. This is what the C compilers' `-msave-restore` means, too.
//!
//! A pair of an even and an odd number has one frame size, so both save as many as the larger.

/// With the mnemonics of the store and the load of a word.
macro_rules! functions {
    ($store:literal, $load:literal) => {
        core::arch::global_asm!(
            ".section .text.saved, \"ax\", %progbits",
            // Calls `each` for all functions, from the smallest frame to the largest.
            ".macro FRAMES each",
            "\\each 0, 1, ra, s0",
            "\\each 2, 3, ra, s0, s1, s2",
            "\\each 4, 5, ra, s0, s1, s2, s3, s4",
            "\\each 6, 7, ra, s0, s1, s2, s3, s4, s5, s6",
            "\\each 8, 9, ra, s0, s1, s2, s3, s4, s5, s6, s7, s8",
            "\\each 10, 11, ra, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10",
            "\\each 12, 13, ra, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11",
            ".endm",
            ".macro SAVE even, odd, registers:vararg",
            ".globl __riscv_save_\\even",
            ".globl __riscv_save_\\odd",
            "__riscv_save_\\even:",
            "__riscv_save_\\odd:",
            ".set below, {WORD}",
            ".irp register, \\registers",
            concat!($store, " \\register, -below(sp)"),
            ".set below, below + {WORD}",
            ".endr",
            "addi sp, sp, -(((\\odd + 1) * {WORD} + 15) & -16)",
            "jr t0",
            ".endm",
            ".macro RESTORE even, odd, registers:vararg",
            ".globl __riscv_restore_\\even",
            ".globl __riscv_restore_\\odd",
            "__riscv_restore_\\even:",
            "__riscv_restore_\\odd:",
            ".set below, {WORD}",
            ".irp register, \\registers",
            concat!($load, " \\register, (((\\odd + 1) * {WORD} + 15) & -16) - below(sp)"),
            ".set below, below + {WORD}",
            ".endr",
            "addi sp, sp, ((\\odd + 1) * {WORD} + 15) & -16",
            "ret",
            ".endm",
            "FRAMES SAVE",
            "FRAMES RESTORE",
            WORD = const size_of::<usize>(),
        );
    };
}

#[cfg(target_arch = "riscv64")]
functions!("sd", "ld");
#[cfg(target_arch = "riscv32")]
functions!("sw", "lw");
