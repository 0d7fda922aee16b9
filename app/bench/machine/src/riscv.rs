//! RISC-V: the counter of executed instructions, which the kernel lets user mode read.

use core::arch::asm;

/// Instructions that a reading of the counter counts of itself.
const READING: usize = 1;
/// Nanoseconds of a tick of the clock of QEMU's `virt` machines; under `-icount shift=0`, instructions.
const INSTRUCTIONS_PER_TICK: usize = 100;
/// Most instructions between the counter's reading and the next call.
pub const ENTRY: usize = 64;
/// Instructions between the reading and the fault of [`load_at_counter`].
pub const FAULTING: usize = 0;

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

/// Instructions executed so far (`rdinstret`). Under QEMU's `-icount shift=0` that is exact, and counts all privilege
/// levels. On RV32 it is the low half, which is enough for the four thousand million of a whole run.
#[inline(always)]
pub fn counter() -> usize {
    let count;
    // SAFETY: reads a counter that the kernel lets user mode read.
    unsafe { asm!("rdinstret {}", out(reg) count, options(nostack)) }
    count
}

/// As [`counter`], but the compiler may move memory accesses across it, and keep addresses in registers. The caller
/// must keep what it measures in place.
#[inline(always)]
pub fn register_counter() -> usize {
    let count;
    // SAFETY: reads a counter that the kernel lets user mode read.
    unsafe { asm!("rdinstret {}", out(reg) count, options(nostack, nomem, preserves_flags)) }
    count
}

/// Counts `NOPS` instructions.
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
    between(before, after)
}

/// Instructions from one reading of the counter to a later one, without those of the reading.
pub fn between(before: usize, after: usize) -> usize {
    after - before - READING
}

/// The counter's value so many instructions after it had this one.
pub fn after(moment: usize, instructions: usize) -> usize {
    moment + instructions
}

/// Ticks of the clock in which so many instructions are executed.
pub fn ticks(instructions: usize) -> u64 {
    (instructions / INSTRUCTIONS_PER_TICK) as u64
}

/// Ticks of the clock until the counter has this value; none when it is past that.
pub fn until(moment: usize) -> Option<u64> {
    moment.checked_sub(counter()).map(ticks)
}

/// The counter's value at a fault of [`load_at_counter`] with this address.
pub fn counter_at_fault(address: u64) -> usize {
    address as usize
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

/// [`raise`], then reads the counter again: the instructions from before the store to behind it, with those of the
/// interrupt that it raises.
#[inline(always)]
pub fn raise_through(register: usize, value: usize) -> usize {
    between(raise(register, value), counter())
}

/// Loads 32 bits.
#[inline(always)]
pub fn load(address: usize) -> usize {
    let value;
    // SAFETY: the address is in a window that the caller claimed, or in its arena.
    unsafe { asm!("lw {}, 0({})", out(reg) value, in(reg) address, options(nostack)) }
    value
}

/// Stores 32 bits.
#[inline(always)]
pub fn store(address: usize, value: usize) {
    // SAFETY: as for `load`.
    unsafe { asm!("sw {}, 0({})", in(reg) value, in(reg) address, options(nostack)) }
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
