//! Memory of tasks and registers of devices, reached through the direct map.
//!
//! None of it is a Rust object of the kernel, so it is touched only through raw pointers.

use crate::DIRECT_MAP;
use core::ptr;

/// Where the kernel sees a physical address. Only the low 38 bits can be told apart.
#[inline(always)]
pub const fn address(physical: usize) -> usize {
    (physical & !DIRECT_MAP) | DIRECT_MAP
}

/// Bytes that a round of [`copy`] and [`zero`] moves.
const ROUND: usize = 64;

/// Does something for each word of a round, written out. With volatile accesses, it stays so:
/// the compiler's own `memcpy` and `memset` take three times as many instructions.
macro_rules! each_word {
    (|$at:ident| $body:expr) => {
        each_word!(@ $at $body; 0 1 2 3 4 5 6 7)
    };
    (@ $at:ident $body:expr; $($number:literal)*) => {
        $({
            let $at: usize = $number;
            $body;
        })*
    };
}

/// Copies between two ranges of physical memory that do not overlap.
///
/// # Safety
/// Both ranges must be mapped memory that belongs to tasks, not to the kernel.
pub unsafe fn copy(from: usize, to: usize, length: usize) {
    let (mut from, mut to, mut left) = (address(from), address(to), length);
    // SAFETY: the caller's promise; the words are aligned, and within the ranges as `left` says.
    // Tasks do not run meanwhile, on one hart.
    unsafe {
        if (from | to).is_multiple_of(size_of::<u64>()) {
            while left >= ROUND {
                let (source, target) = (from as *const u64, to as *mut u64);
                each_word!(|at| target
                    .add(at)
                    .write_volatile(source.add(at).read_volatile()));
                from += ROUND;
                to += ROUND;
                left -= ROUND;
            }
        }
        if left > 0 {
            ptr::copy_nonoverlapping(from as *const u8, to as *mut u8, left);
        }
    }
}

/// Reads a task's memory.
///
/// # Safety
/// The range must be mapped memory that belongs to tasks, not to the kernel.
#[inline(never)]
pub unsafe fn read(from: usize, into: &mut [u8]) {
    // SAFETY: the caller's promise; `into` is the kernel's, so they do not overlap.
    unsafe { ptr::copy_nonoverlapping(address(from) as *const u8, into.as_mut_ptr(), into.len()) }
}

/// Writes a task's memory. Not inlined: the kernel's records would be taken apart into bytes,
/// as the place need not be aligned.
///
/// # Safety
/// The range must be mapped memory that belongs to tasks, not to the kernel.
#[inline(never)]
pub unsafe fn write(to: usize, bytes: &[u8]) {
    // SAFETY: the caller's promise; `bytes` is the kernel's, so they do not overlap.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), address(to) as *mut u8, bytes.len()) }
}

/// Zeroes a task's memory.
///
/// # Safety
/// The range must be mapped memory that belongs to tasks, not to the kernel.
pub unsafe fn zero(to: usize, length: usize) {
    let (mut to, mut left) = (address(to), length);
    // SAFETY: as for `copy`.
    unsafe {
        if to.is_multiple_of(size_of::<u64>()) {
            while left >= ROUND {
                each_word!(|at| (to as *mut u64).add(at).write_volatile(0));
                to += ROUND;
                left -= ROUND;
            }
        }
        if left > 0 {
            ptr::write_bytes(to as *mut u8, 0, left);
        }
    }
}
