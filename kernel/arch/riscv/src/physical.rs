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

/// Copies between two ranges of physical memory.
///
/// # Safety
/// Both ranges must be mapped memory that belongs to tasks, not to the kernel.
#[inline]
pub unsafe fn copy(from: usize, to: usize, length: usize) {
    // SAFETY: the caller's promise; `copy` allows that they overlap. Tasks do not run meanwhile, on one hart.
    unsafe { ptr::copy(address(from) as *const u8, address(to) as *mut u8, length) }
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
#[inline]
pub unsafe fn zero(to: usize, length: usize) {
    // SAFETY: the caller's promise.
    unsafe { ptr::write_bytes(address(to) as *mut u8, 0, length) }
}
