//! Arm's M profile. In QEMU a task can read no counter of instructions, so the kernel's clock serves as one.
//!
//! Under `-icount shift=7` an instruction takes 128 ns of the machine's time in any mode, and the clock of an MPS2
//! board ticks every 40 or 50 ns. So the number of ticks, divided and rounded, is exactly the number of instructions.
//! The clock is read by a system call, whose own instructions are counted once and subtracted.

use core::arch::asm;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use userlib::sys;
use userlib::time::TICKS_PER_SECOND;

/// QEMU's `-icount shift`.
const SHIFT: u32 = 7;
/// Ticks per 10^9 instructions.
const RATE: u64 = TICKS_PER_SECOND << SHIFT;
/// Nanoseconds in a second.
const NANOSECONDS: u64 = 1_000_000_000;
/// Most instructions between the counter's reading and the next call. The time of an alarm is known no more precisely
/// than the length of a reading.
pub const ENTRY: usize = 200;
/// Instructions between the reading and the fault of [`load_at_counter`].
pub const FAULTING: usize = 2;
/// Addresses that nothing of an MPS2 board has and no task may touch (Armv7-M, B3.1: external devices).
const NOWHERE: usize = 0xa000_0000;
/// Bits of the counter that such an address has room for.
const SHORT: u32 = 28;

/// One reading of the clock's low half into a register that calls keep.
macro_rules! reading {
    ($register:literal) => {
        concat!("mov.w r12, #7\nsvc 0\nmov ", $register, ", r1")
    };
}

/// `reading!`, then other instructions, with their operands.
macro_rules! read_then {
    ([$($instruction:expr),*] $($operands:tt)*) => {
        asm!(
            $($instruction,)*
            $($operands)*
            out("r0") _, out("r1") _, out("r2") _, out("r3") _, out("r12") _,
        )
    };
}

const _: () = assert!(
    leasehold_abi::Call::Time as u8 == 7,
    "the number in `reading!`"
);

/// Ticks of the kernel's clock.
#[inline(always)]
pub fn counter() -> usize {
    let count;
    // SAFETY: a system call that changes nothing but the registers named here.
    unsafe { read_then!([reading!("{count}")] count = out(reg) count,) }
    count
}

/// As [`counter`].
#[inline(always)]
pub fn register_counter() -> usize {
    counter()
}

/// Counts `NOPS` instructions.
#[inline(always)]
pub fn counter_around<const NOPS: usize>() -> usize {
    let (before, after) = around::<NOPS>();
    between(before, after)
}

/// The clock before and after `NOPS` instructions.
#[inline(always)]
fn around<const NOPS: usize>() -> (usize, usize) {
    let (before, after): (usize, usize);
    // SAFETY: as for `counter`.
    unsafe {
        read_then!(
            [reading!("{before}"), ".rept {nops}", "nop", ".endr", reading!("{after}")]
            before = out(reg) before, after = out(reg) after, nops = const NOPS,
        );
    }
    (before, after)
}

/// Instructions in so many ticks, to the nearest.
pub fn instructions(ticks: usize) -> usize {
    ((ticks as u64 * NANOSECONDS + RATE / 2) / RATE) as usize
}

/// Instructions from one reading of the counter to a later one, without those of the reading.
pub fn between(before: usize, after: usize) -> usize {
    /// Instructions of a reading; 0 until they are counted.
    static READING: AtomicUsize = AtomicUsize::new(0);
    if READING.load(Relaxed) == 0 {
        let (before, after) = around::<0>();
        READING.store(instructions(after.wrapping_sub(before)), Relaxed);
    }
    instructions(after.wrapping_sub(before)) - READING.load(Relaxed)
}

/// The counter's value so many instructions after it had this one.
pub fn after(moment: usize, instructions: usize) -> usize {
    moment.wrapping_add(ticks(instructions) as usize)
}

/// Ticks of the clock in which so many instructions are executed.
pub fn ticks(instructions: usize) -> u64 {
    instructions as u64 * RATE / NANOSECONDS
}

/// Ticks of the clock until the counter has this value; none when it is past that.
pub fn until(moment: usize) -> Option<u64> {
    let left = moment.wrapping_sub(sys::time() as usize);
    (left >> (usize::BITS - 1) == 0).then_some(left as u64)
}

/// Reads the counter, then stores 32 bits to a device register.
#[inline(always)]
pub fn raise(register: usize, value: usize) -> usize {
    let count;
    // SAFETY: the register is in a window that the caller claimed; no Rust object is there.
    unsafe {
        read_then!(
            [reading!("{count}"), "str {value}, [{register}]"]
            count = out(reg) count, value = in(reg) value, register = in(reg) register,
        );
    }
    count
}

/// Instructions in which the interrupt comes that a store raises, at the latest.
const SOON: usize = 16;

/// [`raise`], then reads the counter again: the instructions from before the store to behind it, with those of the
/// interrupt that it raises.
#[inline(always)]
pub fn raise_through(register: usize, value: usize) -> usize {
    let before = raise(register, value);
    // SAFETY: does nothing.
    unsafe { asm!(".rept {}", "nop", ".endr", const SOON, options(nostack)) }
    between(before, counter()) - SOON
}

/// Stores 32 bits.
#[inline(always)]
pub fn store(address: usize, value: usize) {
    // SAFETY: as for `load`.
    unsafe { asm!("str {}, [{}]", in(reg) value, in(reg) address, options(nostack)) }
}

/// Loads 32 bits.
#[inline(always)]
pub fn load(register: usize) -> usize {
    let value;
    // SAFETY: the address is in a window that the caller claimed, or in its arena.
    unsafe { asm!("ldr {}, [{}]", out(reg) value, in(reg) register, options(nostack)) }
    value
}

/// Reads the counter, then loads a byte from an address that tells it: a fault.
pub fn load_at_counter() {
    // SAFETY: the point is to fault; a load that does not changes nothing.
    unsafe {
        read_then!(
            [reading!("{0}"), "ubfx {0}, {0}, #0, #{1}", "orr {0}, {0}, #{2}", "ldrb {0}, [{0}]"]
            out(reg) _, const SHORT, const NOWHERE,
        );
    }
}

/// The counter's value at a fault of [`load_at_counter`] with this address.
pub fn counter_at_fault(address: u64) -> usize {
    let mask = (1 << SHORT) - 1;
    let now = sys::time() as usize;
    let past = now.wrapping_sub(address as usize) & mask;
    now.wrapping_sub(past)
}
