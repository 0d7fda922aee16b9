//! Saving and restoring registers on RISC-V, once for all functions of a program: of the kernel, and of each task.
//!
//! With LLVM's feature `save-restore` a function calls these in place of stores and loads of its own: first
//! `__riscv_save_N` with its return address in `t0`, and last a jump to `__riscv_restore_N`, which returns to the
//! function's caller. `N` is how many of `s0` to `s11` it uses. `ra` lies at the top of the frame, and below it `s0`,
//! `s1` and so on; the frame is a multiple of 16 bytes. This is what the C compilers' `-msave-restore` means, too.
//!
//! A pair of an even and an odd number has one frame size, so both save as many as the larger. Each pair has a section
//! of its own: the linker leaves out what a program does not call.
//!
//! A frame is taken before something is stored in it. So each access is above the stack pointer, which has shorter
//! instructions, and a stack that is used up ends at the first store.
#![no_std]

/// With the mnemonics of the store and the load of a word.
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
macro_rules! functions {
    ($store:literal, $load:literal) => {
        core::arch::global_asm!(
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
            // Begins the two functions of a frame.
            ".macro FUNCTIONS name, even, odd",
            ".section .text.saved.\\name\\even, \"ax\", %progbits",
            ".globl __riscv_\\name\\()_\\even",
            ".globl __riscv_\\name\\()_\\odd",
            ".type __riscv_\\name\\()_\\even, %function",
            ".type __riscv_\\name\\()_\\odd, %function",
            "__riscv_\\name\\()_\\even:",
            "__riscv_\\name\\()_\\odd:",
            ".set frame, ((\\odd + 1) * {WORD} + 15) & -16",
            ".set at, frame",
            ".endm",
            ".macro SAVE even, odd, registers:vararg",
            "FUNCTIONS save, \\even, \\odd",
            "addi sp, sp, -frame",
            ".irp register, \\registers",
            ".set at, at - {WORD}",
            concat!($store, " \\register, at(sp)"),
            ".endr",
            "jr t0",
            ".endm",
            ".macro RESTORE even, odd, registers:vararg",
            "FUNCTIONS restore, \\even, \\odd",
            ".irp register, \\registers",
            ".set at, at - {WORD}",
            concat!($load, " \\register, at(sp)"),
            ".endr",
            "addi sp, sp, frame",
            "ret",
            ".endm",
            "FRAMES SAVE",
            "FRAMES RESTORE",
            ".text",
            WORD = const size_of::<usize>(),
        );
    };
}

#[cfg(target_arch = "riscv64")]
functions!("sd", "ld");
#[cfg(target_arch = "riscv32")]
functions!("sw", "lw");
