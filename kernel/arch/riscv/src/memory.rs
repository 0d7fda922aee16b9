//! `memset` and `memcpy` for the kernel.
//!
//! The `memset` that comes with the compiler takes twice as many instructions for a task's registers. Here what is
//! aligned is zeroed by the word, eight words at a time, and all else is set by the byte. The compiler's `memcpy` has
//! five times as many bytes. Here what is aligned is copied by the word, and all else by the byte, four bytes at a
//! time. The names and the arguments are those of the C standard (7.24.2.1 and 7.24.6.1); the compiler calls both.

/// With the mnemonics of the load and the store of a word.
macro_rules! functions {
    ($load:literal, $store:literal) => {
        core::arch::global_asm!(
            ".section .text.memset, \"ax\", %progbits",
            ".global memset",
            ".type memset, %function",
            "memset:",
            "mv t0, a0",
            "andi t1, a0, {WORD} - 1",
            // Only zeros are set by the word.
            "or t1, t1, a1",
            "bnez t1, 3f",
            "addi a2, a2, -8 * {WORD}",
            "bltz a2, 2f",
            "1:",
            concat!($store, " zero, 0 * {WORD}(t0)"),
            concat!($store, " zero, 1 * {WORD}(t0)"),
            concat!($store, " zero, 2 * {WORD}(t0)"),
            concat!($store, " zero, 3 * {WORD}(t0)"),
            concat!($store, " zero, 4 * {WORD}(t0)"),
            concat!($store, " zero, 5 * {WORD}(t0)"),
            concat!($store, " zero, 6 * {WORD}(t0)"),
            concat!($store, " zero, 7 * {WORD}(t0)"),
            "addi t0, t0, 8 * {WORD}",
            "addi a2, a2, -8 * {WORD}",
            "bgez a2, 1b",
            "2: addi a2, a2, 7 * {WORD}",
            "bltz a2, 7f",
            "6:",
            concat!($store, " zero, 0(t0)"),
            "addi t0, t0, {WORD}",
            "addi a2, a2, -{WORD}",
            "bgez a2, 6b",
            "7: addi a2, a2, {WORD}",
            "3: beqz a2, 5f",
            "add a2, a2, t0",
            "4: sb a1, 0(t0)",
            "addi t0, t0, 1",
            "bne t0, a2, 4b",
            "5: ret",
            ".section .text.memcpy, \"ax\", %progbits",
            ".global memcpy",
            ".type memcpy, %function",
            "memcpy:",
            "mv t0, a0",
            "add a2, a2, a0",
            "or t1, a0, a1",
            "andi t1, t1, {WORD} - 1",
            "bnez t1, 3f",
            // Until less than a word is left.
            "addi a3, a2, -{WORD}",
            "j 2f",
            "1:",
            concat!($load, " t1, 0(a1)"),
            "addi a1, a1, {WORD}",
            concat!($store, " t1, 0(t0)"),
            "addi t0, t0, {WORD}",
            "2: bgeu a3, t0, 1b",
            "3: addi a3, a2, -4",
            "j 5f",
            "4: lbu a4, 0(a1)",
            "lbu a5, 1(a1)",
            "lbu a6, 2(a1)",
            "lbu a7, 3(a1)",
            "sb a4, 0(t0)",
            "sb a5, 1(t0)",
            "sb a6, 2(t0)",
            "sb a7, 3(t0)",
            "addi a1, a1, 4",
            "addi t0, t0, 4",
            "5: bgeu a3, t0, 4b",
            "j 7f",
            "6: lbu a4, 0(a1)",
            "addi a1, a1, 1",
            "sb a4, 0(t0)",
            "addi t0, t0, 1",
            "7: bltu t0, a2, 6b",
            "ret",
            ".text",
            WORD = const size_of::<usize>(),
        );
    };
}

#[cfg(target_pointer_width = "64")]
functions!("ld", "sd");
#[cfg(target_pointer_width = "32")]
functions!("lw", "sw");
