//! Floating-point registers: given a value each, and compared with it later.
//!
//! The task's code in between uses only integers, for which the compiler uses no such register.

use core::arch::asm;

/// Registers of single precision, and `FPSCR` behind them.
const REGISTERS: usize = 33;
/// Flags, modes and exceptions in `FPSCR` (Armv7-M, A2.5.3).
const CONTROL: u32 = 0b1111 << 28 | 0b11111 << 22 | 0b1001_1111;

/// The value of each register for a seed: different ones, and all zero for 0.
fn pattern(seed: usize) -> [u32; REGISTERS] {
    let mut values = core::array::from_fn(|register| {
        (seed as u32).wrapping_mul(0x9e37_79b9 + 2 * register as u32)
    });
    values[REGISTERS - 1] &= CONTROL;
    values
}

/// Gives every register its value for this seed.
#[inline(never)]
pub fn floating_fill(seed: usize) {
    let values = pattern(seed);
    // SAFETY: reads the block. No function of a task that is made of integers keeps anything in these registers.
    unsafe {
        asm!(
            ".fpu fpv4-sp-d16",
            "vldmia {block}!, {{d0-d15}}",
            "ldr {block}, [{block}]",
            "vmsr fpscr, {block}",
            block = inout(reg) values.as_ptr() => _,
            options(nostack),
        );
    }
}

/// How many registers do not have their value for this seed.
#[inline(never)]
pub fn floating_differences(seed: usize) -> usize {
    let mut found = [0_u32; REGISTERS];
    // SAFETY: writes the block.
    unsafe {
        asm!(
            ".fpu fpv4-sp-d16",
            "vstmia {block}!, {{d0-d15}}",
            "vmrs {control}, fpscr",
            "str {control}, [{block}]",
            block = inout(reg) found.as_mut_ptr() => _,
            control = out(reg) _,
            options(nostack),
        );
    }
    let wanted = pattern(seed);
    found
        .iter()
        .zip(wanted)
        .filter(|(found, wanted)| **found != *wanted)
        .count()
}
