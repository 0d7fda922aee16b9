//! Memory of tasks and registers of devices, by their physical addresses.
//!
//! None of it is a Rust object of the kernel, so it is accessed only through raw pointers.

mod rounds;

use core::ptr;
use rounds::{ROUND, ZERO_ROUND};

/// Physical memory, as seen by a kernel that has all of it `OFFSET` bytes higher: the bits of `OFFSET` are set in every
/// address. With 0 the addresses are the physical ones.
#[derive(Debug)]
pub struct Memory<const OFFSET: usize>;

impl<const OFFSET: usize> Memory<OFFSET> {
    /// The address at which the kernel sees a physical address. Bits that are set in `OFFSET` must be clear in the
    /// physical address.
    #[inline(always)]
    pub const fn address(physical: usize) -> usize {
        (physical & !OFFSET) | OFFSET
    }

    /// How many bytes are copied or zeroed before an interrupt is taken: this takes one to three hundred instructions.
    pub const STEP: usize = rounds::STEP;

    /// Copies between two ranges of physical memory that do not overlap.
    ///
    /// # Safety
    /// Both ranges must be mapped memory that belongs to tasks, not to the kernel.
    pub unsafe fn copy(from: usize, to: usize, length: usize) {
        let (mut from, mut to, mut left) = (Self::address(from), Self::address(to), length);
        // SAFETY: the caller's promise; the words are aligned, and within the ranges as `left` says.
        // Tasks do not run meanwhile, on one hart.
        unsafe {
            if (from | to).is_multiple_of(size_of::<usize>()) {
                let bytes = left / ROUND * ROUND;
                rounds::copy(from, to, bytes);
                from += bytes;
                to += bytes;
                left -= bytes;
            }
            if left > 0 {
                ptr::copy_nonoverlapping(from as *const u8, to as *mut u8, left);
            }
        }
    }

    /// Reads a word of a task's memory.
    ///
    /// # Safety
    /// The word must be mapped memory that belongs to tasks, at a multiple of its size.
    #[inline(always)]
    pub unsafe fn load(from: usize) -> usize {
        // SAFETY: the caller's promise.
        unsafe { (Self::address(from) as *const usize).read_volatile() }
    }

    /// Reads a task's memory.
    ///
    /// # Safety
    /// The range must be mapped memory that belongs to tasks, not to the kernel.
    #[inline(never)]
    pub unsafe fn read(from: usize, into: &mut [u8]) {
        let from = Self::address(from) as *const u8;
        // SAFETY: the caller's promise; `into` is the kernel's, so they do not overlap.
        unsafe { ptr::copy_nonoverlapping(from, into.as_mut_ptr(), into.len()) }
    }

    /// Writes a task's memory. Not inlined: the compiler would split the kernel's records into bytes, because the
    /// destination need not be aligned.
    ///
    /// # Safety
    /// The range must be mapped memory that belongs to tasks, not to the kernel.
    #[inline(never)]
    pub unsafe fn write(to: usize, bytes: &[u8]) {
        let to = Self::address(to) as *mut u8;
        // SAFETY: the caller's promise; `bytes` is the kernel's, so they do not overlap.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) }
    }

    /// Zeroes a task's memory.
    ///
    /// # Safety
    /// The range must be mapped memory that belongs to tasks, not to the kernel.
    pub unsafe fn zero(to: usize, length: usize) {
        let (mut to, mut left) = (Self::address(to), length);
        let head = to.wrapping_neg() % size_of::<usize>();
        // SAFETY: as for `copy`.
        unsafe {
            to = bytes(to, head.min(left));
            left -= head.min(left);
            let rounds = left / ZERO_ROUND * ZERO_ROUND;
            rounds::zero(to, rounds);
            to += rounds;
            left -= rounds;
            while left >= size_of::<usize>() {
                (to as *mut usize).write_volatile(0);
                to += size_of::<usize>();
                left -= size_of::<usize>();
            }
            bytes(to, left);
        }

        /// Zeroes a few bytes; where they end.
        ///
        /// # Safety
        /// As for `zero`.
        #[inline(always)]
        unsafe fn bytes(mut to: usize, length: usize) -> usize {
            for _ in 0..length {
                // SAFETY: the caller's promise.
                unsafe { (to as *mut u8).write_volatile(0) };
                to += 1;
            }
            to
        }
    }

    /// Reads 32 bits of a device's registers or of configuration space.
    ///
    /// # Safety
    /// A register must be mapped there, at a multiple of 4.
    pub unsafe fn read_register(at: usize) -> u32 {
        // SAFETY: the caller's promise.
        unsafe { (Self::address(at) as *const u32).read_volatile() }
    }

    /// Writes `width` (1, 2 or 4) bytes of such a register.
    ///
    /// # Safety
    /// A register of that width must be mapped there, at a multiple of it, and what the write
    /// does must not change memory that Rust knows of.
    pub unsafe fn write_register(at: usize, width: usize, value: u32) {
        let at = Self::address(at);
        // SAFETY: the caller's promise.
        unsafe {
            match width {
                1 => (at as *mut u8).write_volatile(value as u8),
                2 => (at as *mut u16).write_volatile(value as u16),
                _ => (at as *mut u32).write_volatile(value),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::UnsafeCell;

    /// Where the bytes of a test lie, as a kernel without an offset sees them.
    fn address(bytes: &UnsafeCell<[u8; 256]>) -> usize {
        bytes.get().expose_provenance()
    }

    fn counted() -> UnsafeCell<[u8; 256]> {
        UnsafeCell::new(core::array::from_fn(|at| at as u8))
    }

    #[test]
    fn copies_and_zeros_touch_their_bytes_alone_at_every_alignment_and_length() {
        for start in 0..9 {
            for length in 0..200 {
                let (from, mut to) = (counted(), UnsafeCell::new([0xff; 256]));
                // SAFETY: both are the test's, and longer than `start + length`.
                unsafe { Memory::<0>::copy(address(&from) + start, address(&to) + start, length) };
                for (at, byte) in to.get_mut().iter().enumerate() {
                    let inside = (start..start + length).contains(&at);
                    assert_eq!(*byte, if inside { at as u8 } else { 0xff });
                }
                // SAFETY: as above.
                unsafe { Memory::<0>::zero(address(&to) + start, length) };
                let first = &to.get_mut()[start..start + length];
                assert!(first.iter().all(|byte| *byte == 0));
                assert!(
                    to.get_mut()[start + length..]
                        .iter()
                        .all(|byte| *byte == 0xff)
                );
            }
        }
    }

    #[test]
    fn an_offset_is_set_in_every_address() {
        const HIGH: usize = 0xffff_ffc0_0000_0000;
        assert_eq!(Memory::<HIGH>::address(0x8020_0000), HIGH | 0x8020_0000);
        assert_eq!(Memory::<HIGH>::address(HIGH | 0x10), HIGH | 0x10);
        assert_eq!(Memory::<0>::address(0x10), 0x10);
    }
}
