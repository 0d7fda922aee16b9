//! Floating-point registers: given a value each, and compared with it later.
//!
//! The task's code in between uses only integers, for which the compiler uses no such register.

use core::arch::asm;

/// Registers of extension D, and `fcsr` behind them.
const REGISTERS: usize = 33;

/// The value of each register for a seed: different ones, and all zero for 0. The last is a rounding
/// mode and flags that exist (Unprivileged ISA, section 11.2).
fn pattern(seed: usize) -> [u64; REGISTERS] {
    let mut values = core::array::from_fn(|register| {
        (seed as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15 + 2 * register as u64)
    });
    values[REGISTERS - 1] = ((seed as u64 % 5) << 5) | (seed as u64 % 32);
    values
}

/// Does something for each of the registers.
macro_rules! each {
    ($instruction:literal, $block:expr, $last:expr) => {
        asm!(
            ".option push",
            ".option arch, +d",
            ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
            concat!($instruction, " f\\n, 8*\\n({0})"),
            ".endr",
            $last,
            ".option pop",
            in(reg) $block,
            out("t0") _,
            options(nostack),
        )
    };
}

/// Gives every register its value for this seed.
#[inline(never)]
pub fn floating_fill(seed: usize) {
    let values = pattern(seed);
    // SAFETY: reads the block. No function of a task that is made of integers keeps anything in these registers.
    unsafe {
        each!(
            "fld",
            values.as_ptr(),
            concat!(word!(load), " t0, 256({0})\nfscsr t0")
        )
    }
}

/// How many registers do not have their value for this seed.
#[inline(never)]
pub fn floating_differences(seed: usize) -> usize {
    let mut found = [0_u64; REGISTERS];
    // SAFETY: writes the block.
    unsafe {
        each!(
            "fsd",
            found.as_mut_ptr(),
            concat!("frcsr t0\n", word!(store), " t0, 256({0})")
        )
    }
    let wanted = pattern(seed);
    found
        .iter()
        .zip(wanted)
        .filter(|(found, wanted)| **found != *wanted)
        .count()
}
