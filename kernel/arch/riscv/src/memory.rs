//! `memset` for the kernel.
//!
//! The one that comes with the compiler takes twice as many instructions for a task's registers. Here what is aligned
//! is zeroed by the word, eight words at a time, and all else is set by the byte. The name and the arguments are those
//! of the C standard (7.24.6.1); the compiler calls it.

/// With the mnemonic of the store of a word.
macro_rules! function {
    ($store:literal) => {
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
            ".text",
            WORD = const size_of::<usize>(),
        );
    };
}

#[cfg(target_pointer_width = "64")]
function!("sd");
#[cfg(target_pointer_width = "32")]
function!("sw");
