//! Instructions that a measurement needs and Rust has no safe words for.
//!
//! This is the one crate of the bench with `unsafe` code. [`raise`], [`load_at_counter`] and [`clock`]
//! go to whatever address they are given: only the bench may use them, on windows that it
//! claimed or to fault on purpose.
#![no_std]
#![cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]

use core::arch::asm;

/// The load of 32 bits that leaves the rest of a register 0.
#[cfg(target_arch = "riscv32")]
macro_rules! load {
    () => {
        "lw"
    };
}
#[cfg(target_arch = "riscv64")]
macro_rules! load {
    () => {
        "lwu"
    };
}

/// Instructions executed so far (`rdinstret`). Under QEMU's `-icount shift=0` that is exact, and counts all privilege levels.
/// On RV32 it is the low half, which is enough for the four milliards of a whole run.
#[inline(always)]
pub fn counter() -> usize {
    let count;
    // SAFETY: reads a counter that the kernel lets user mode read.
    unsafe { asm!("rdinstret {}", out(reg) count, options(nostack)) }
    count
}

/// As [`counter`], but no access to memory is kept from moving across it: the compiler may go on with addresses
/// that it has in registers. What is measured must be kept in place by itself.
#[inline(always)]
pub fn register_counter() -> usize {
    let count;
    // SAFETY: reads a counter that the kernel lets user mode read.
    unsafe { asm!("rdinstret {}", out(reg) count, options(nostack, nomem, preserves_flags)) }
    count
}

/// Reads the counter twice with `NOPS` instructions in between.
#[inline(always)]
pub fn counter_around<const NOPS: usize>() -> usize {
    let (before, after): (usize, usize);
    // SAFETY: reads a counter and does nothing else.
    unsafe {
        asm!(
            "rdinstret {before}",
            ".rept {nops}",
            "nop",
            ".endr",
            "rdinstret {after}",
            before = out(reg) before,
            after = out(reg) after,
            nops = const NOPS,
            options(nostack),
        );
    }
    after - before
}

/// Reads the counter, then stores 32 bits to a device register: the next instruction is the store.
#[inline(always)]
pub fn raise(register: usize, value: usize) -> usize {
    let count;
    // SAFETY: the register is in a window that the caller claimed; no Rust object is there.
    unsafe {
        asm!(
            "rdinstret {count}",
            "sw {value}, 0({register})",
            count = out(reg) count,
            value = in(reg) value,
            register = in(reg) register,
            options(nostack),
        );
    }
    count
}

/// Reads the counter, then loads a byte from the address that it is: a fault whose address tells when it was.
pub fn load_at_counter() {
    // SAFETY: the point is to fault; a load that does not changes nothing.
    unsafe { asm!("rdinstret {0}", "lbu {0}, 0({0})", out(reg) _, options(nostack)) }
}

/// Reads the counter, then loads 32 bits from a device register: both values.
#[inline(always)]
pub fn clock(register: usize) -> (usize, usize) {
    let (count, value);
    // SAFETY: the register is in a window that the caller claimed; a load of it changes nothing that Rust knows of.
    unsafe {
        asm!(
            "rdinstret {count}",
            concat!(load!(), " {value}, 0({register})"),
            count = out(reg) count,
            value = out(reg) value,
            register = in(reg) register,
            options(nostack),
        );
    }
    (count, value)
}
