//! The division of 64 bits by 64 for tasks on Arm, which has no instruction for it.
//!
//! The one that comes with the compiler takes 930 bytes of each task that divides, because it is fast. This one takes a
//! bit of the quotient at a time. What fits one word is one instruction here too. The name and the registers are those
//! of the Run-time ABI for the Arm Architecture (4.3.1).

core::arch::global_asm!(
    ".section .text.__aeabi_uldivmod, \"ax\", %progbits",
    ".global __aeabi_uldivmod",
    ".type __aeabi_uldivmod, %function",
    ".thumb_func",
    // Dividend in r1 and r0, divisor in r3 and r2; quotient in r1 and r0, remainder in r3 and r2.
    "__aeabi_uldivmod:",
    "orrs r12, r1, r3",
    "bne 1f",
    "udiv r12, r0, r2",
    "mls r2, r12, r2, r0",
    "mov r0, r12",
    "bx lr",
    "1: push {{r4-r6, lr}}",
    "movs r4, #0",
    "movs r5, #0",
    "movs r6, #64",
    "cbnz r3, 2f",
    "cmp r1, r2",
    "bhs 2f",
    // The quotient has 32 bits at most: the upper word of the dividend is a remainder already.
    "mov r4, r1",
    "mov r1, r0",
    "movs r0, #0",
    "movs r6, #32",
    // The dividend goes into the remainder in r5 and r4 bit by bit, and the quotient takes its place.
    "2: adds r0, r0, r0",
    "adcs r1, r1, r1",
    "adcs r4, r4, r4",
    "adcs r5, r5, r5",
    "bcs 3f",
    "cmp r5, r3",
    "it eq",
    "cmpeq r4, r2",
    "blo 4f",
    "3: subs r4, r4, r2",
    "sbc r5, r5, r3",
    "adds r0, r0, #1",
    "4: subs r6, r6, #1",
    "bne 2b",
    "mov r2, r4",
    "mov r3, r5",
    "pop {{r4-r6, pc}}",
    ".text",
);
