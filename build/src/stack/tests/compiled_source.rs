//! Compiled by a test for every target: functions with frames of all kinds.
#![no_std]
#![allow(improper_ctypes_definitions, missing_docs)]

use core::hint::black_box;
use core::mem::MaybeUninit;

#[repr(align(64))]
struct Aligned64([u8; 100]);

#[repr(align(4096))]
struct Aligned4096([u8; 100]);

#[unsafe(no_mangle)]
pub fn nothing() {}

#[unsafe(no_mangle)]
pub fn one_word(value: usize) -> usize {
    *black_box(&value)
}

#[unsafe(no_mangle)]
pub fn large_local(at: usize) -> u8 {
    let mut room = [const { MaybeUninit::<u8>::uninit() }; 57_000];
    black_box(&mut room)[at].write(1);
    callee(at);
    unsafe { black_box(&room)[0].assume_init() }
}

#[unsafe(no_mangle)]
pub fn more_than_a_page(at: usize) -> u8 {
    let mut room = [0_u8; 5_000];
    black_box(&mut room)[at] = 1;
    callee(at);
    room[at / 2]
}

#[unsafe(no_mangle)]
pub fn a_megabyte(at: usize) -> u8 {
    let mut room = [0_u8; 1_234_567];
    black_box(&mut room)[at] = 1;
    room[at / 2]
}

#[unsafe(no_mangle)]
pub fn aligned_little(at: usize) -> u8 {
    let mut room = Aligned64([0; 100]);
    black_box(&mut room).0[at] = 1;
    callee(at);
    room.0[at / 2]
}

#[unsafe(no_mangle)]
pub fn aligned(at: usize) -> u8 {
    let mut room = Aligned4096([0; 100]);
    black_box(&mut room).0[at] = 1;
    callee(at);
    room.0[at / 2]
}

#[unsafe(no_mangle)]
pub fn aligned_and_large(at: usize) -> u8 {
    let mut room = (Aligned64([0; 100]), [0_u8; 30_000]);
    black_box(&mut room).1[at] = 1;
    if at > 7 {
        callee(at);
    }
    room.0.0[at / 2]
}

#[unsafe(no_mangle)]
pub fn many_arguments(a: u64, b: u64, c: u64, d: u64, e: u64, f: u64, g: u64, h: u64, i: u64) -> u64 {
    let sum = many(a, b, c, d, e, f, g, h, i, a, b, c);
    sum + many(i, h, g, f, e, d, c, b, a, i, h, g)
}

#[unsafe(no_mangle)]
#[inline(never)]
#[expect(clippy::too_many_arguments)]
pub fn many(
    a: u64, b: u64, c: u64, d: u64, e: u64, f: u64, g: u64, h: u64, i: u64, j: u64, k: u64, l: u64,
) -> u64 {
    black_box(a + b * c - d ^ e) + black_box(f * g + h) + black_box(i - j * k + l)
}

#[unsafe(no_mangle)]
pub fn floating(values: &mut [f64; 40]) -> f64 {
    let mut sum = 0.0;
    for index in 1..39 {
        values[index] = values[index - 1] * values[index + 1] + sum;
        sum += values[index] / 3.0;
        callee(index);
    }
    sum
}

#[unsafe(no_mangle)]
pub fn by_a_table(kind: u8, values: &[usize; 8]) -> usize {
    match kind {
        0 => callee(values[7]),
        1 => callee(values[1]) + callee(values[2]),
        2 => values[3],
        3 => values[0] * 17,
        4 => callee(callee(values[4])),
        5 => values[5] + 1,
        6 => one_word(values[6]),
        _ => never_returns(usize::from(kind)),
    }
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn never_returns(value: usize) -> ! {
    let room = [value; 30];
    callee(black_box(&room)[3]);
    also_never_returns(room[2])
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn also_never_returns(value: usize) -> ! {
    loop {
        black_box([value; 100]);
    }
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn callee(value: usize) -> usize {
    black_box(value) + 1
}

#[unsafe(no_mangle)]
pub fn swapped(left: &mut [u64; 300], right: &mut [u64; 300]) {
    let copy = *black_box(&*left);
    *left = *right;
    *right = copy;
}
