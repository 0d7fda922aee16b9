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

/// Words that a round of [`copy`] and [`zero`] moves. Written as volatile accesses, it stays the
/// loop that it is: the compiler's own `memcpy` and `memset` take three times as many instructions.
const ROUND: usize = 8;
const ROUND_BYTES: usize = ROUND * size_of::<u64>();

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
            while left >= ROUND_BYTES {
                let (source, target) = (from as *const u64, to as *mut u64);
                let words: [u64; ROUND] = core::array::from_fn(|at| source.add(at).read_volatile());
                for (at, word) in words.into_iter().enumerate() {
                    target.add(at).write_volatile(word);
                }
                from += ROUND_BYTES;
                to += ROUND_BYTES;
                left -= ROUND_BYTES;
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
#[inline]
pub unsafe fn read(from: usize, into: &mut [u8]) {
    // SAFETY: the caller's promise; `into` is the kernel's, so they do not overlap.
    unsafe { ptr::copy_nonoverlapping(address(from) as *const u8, into.as_mut_ptr(), into.len()) }
}

/// Writes a task's memory.
///
/// # Safety
/// The range must be mapped memory that belongs to tasks, not to the kernel.
#[inline]
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
            while left >= ROUND_BYTES {
                for at in 0..ROUND {
                    (to as *mut u64).add(at).write_volatile(0);
                }
                to += ROUND_BYTES;
                left -= ROUND_BYTES;
            }
        }
        if left > 0 {
            ptr::write_bytes(to as *mut u8, 0, left);
        }
    }
}
