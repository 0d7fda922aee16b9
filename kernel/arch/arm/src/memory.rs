//! `memcpy` and `memmove` for the kernel.
//!
//! Those that come with the compiler take 2.5 KiB of the kernel. Here what is aligned is copied four words at a time,
//! and all else by the word: these processors load and store one word at any address (Armv7-M, A3.2.1). The names and
//! arguments are those of the C standard (7.24) and of the Run-time ABI for the Arm Architecture (4.3.4); the compiler
//! calls both.

core::arch::global_asm!(
    // A function by the name, and by other names.
    ".macro function name:req, others:vararg",
    ".irp alias, \\name, \\others",
    ".global \\alias",
    ".type \\alias, %function",
    ".thumb_func",
    "\\alias:",
    ".endr",
    ".endm",
    ".section .text.memmove, \"ax\", %progbits",
    "function memmove, __aeabi_memmove, __aeabi_memmove4, __aeabi_memmove8",
    "subs r3, r0, r1",
    "it eq",
    "bxeq lr",
    "cmp r3, r2",
    "blo 6f",
    "function memcpy, __aeabi_memcpy, __aeabi_memcpy4, __aeabi_memcpy8",
    "push {{r0, r4-r6, lr}}",
    "orr r3, r0, r1",
    "subs r2, r2, #16",
    "blo 2f",
    "lsls r3, r3, #30",
    "bne 2f",
    "1: ldm r1!, {{r3-r6}}",
    "stm r0!, {{r3-r6}}",
    "subs r2, r2, #16",
    "bhs 1b",
    "2: adds r2, r2, #12",
    "bmi 3f",
    // A word less than what is left, as long as that is not negative.
    "7: ldr r3, [r1], #4",
    "str r3, [r0], #4",
    "subs r2, r2, #4",
    "bpl 7b",
    "3: adds r2, r2, #4",
    "4: subs r2, r2, #1",
    "blo 5f",
    "ldrb r3, [r1], #1",
    "strb r3, [r0], #1",
    "b 4b",
    "5: pop {{r0, r4-r6, pc}}",
    // The destination begins in the source: from the end, at least one byte.
    "6: subs r2, r2, #1",
    "ldrb r3, [r1, r2]",
    "strb r3, [r0, r2]",
    "bne 6b",
    "bx lr",
    ".text",
    ".purgem function",
);
