//! A local variable that is larger than the stack and its guard: plain Rust, which no type forbids.

use core::hint::black_box;
use core::mem::MaybeUninit;

/// Bytes of a variable that reaches past a worker's stack of 8 KiB and the largest guard, of 4 KiB.
pub const LARGE_FRAME: usize = 14 * 1024;

/// Steps over the guard with one frame, touches nothing of it, and calls a function from there.
#[inline(never)]
pub fn large_frame() -> usize {
    let mut room = [const { MaybeUninit::<u8>::uninit() }; LARGE_FRAME];
    black_box(&mut room);
    // It saves its return address, and must be stopped there.
    let length = called(&mut room);
    length + black_box(&room).len()
}

#[inline(never)]
fn called(room: &mut [MaybeUninit<u8>]) -> usize {
    more(black_box(room)) + 1
}

#[inline(never)]
fn more(room: &mut [MaybeUninit<u8>]) -> usize {
    black_box(room).len()
}
