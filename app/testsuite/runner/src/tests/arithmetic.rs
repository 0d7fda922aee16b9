//! What a task computes by code of userlib's own, because the processor has no instruction for it.

use super::tests;
use crate::outcome::{Outcome, check, equal};
use crate::suite::Suite;
use core::hint::black_box;

tests! { "arithmetic":
    a_division_of_64_bits_is_exact,
}

/// Numbers at the edges of one and two words, and between.
const NUMBERS: [u64; 14] = [
    0,
    1,
    2,
    10,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x1_0000_0001,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_0000_0000,
    u64::MAX,
];

/// There is one quotient and one remainder below the divisor with which the product comes out.
fn divide(dividend: u64, divisor: u64) -> Outcome {
    let (quotient, remainder) = (
        black_box(dividend) / black_box(divisor),
        black_box(dividend) % black_box(divisor),
    );
    check!(
        remainder < divisor,
        "{dividend:#x} % {divisor:#x} is {remainder:#x}"
    );
    let product = quotient.checked_mul(divisor);
    let sum = product.and_then(|product| product.checked_add(remainder));
    equal!("quotient times divisor and remainder", sum, Some(dividend));
    Ok(())
}

fn a_division_of_64_bits_is_exact(_: &mut Suite) -> Outcome {
    for dividend in NUMBERS {
        for divisor in NUMBERS.into_iter().filter(|divisor| *divisor != 0) {
            divide(dividend, divisor)?;
        }
    }
    let mut state = 1_u64;
    let mut random = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        // Of all lengths.
        state >> (state >> 58)
    };
    for _ in 0..2000 {
        divide(random(), random().max(1))?;
    }
    Ok(())
}
