//! RV32. The names are those that the compiler calls (GCC Internals, "Routines for integer arithmetic").

/// Quotient and remainder. By 0 it gives some numbers; the compiler asks for no such division.
#[cfg_attr(target_arch = "riscv32", inline(never))]
fn divide(mut dividend: u64, divisor: u64) -> (u64, u64) {
    if let (Ok(dividend), Ok(divisor)) = (u32::try_from(dividend), u32::try_from(divisor)) {
        let quotient = dividend.checked_div(divisor).unwrap_or(u32::MAX);
        let product = quotient.wrapping_mul(divisor);
        return (quotient.into(), dividend.wrapping_sub(product).into());
    }
    let (mut remainder, mut steps) = (0, 64);
    if dividend >> 32 < divisor {
        // The quotient has 32 bits at most: the upper word of the dividend is a remainder already.
        remainder = dividend >> 32;
        dividend <<= 32;
        steps = 32;
    }
    // The dividend goes into the remainder bit by bit, and the quotient takes its place.
    for _ in 0..steps {
        let carries = remainder >> 63 != 0;
        remainder = remainder << 1 | dividend >> 63;
        dividend <<= 1;
        if carries || remainder >= divisor {
            remainder = remainder.wrapping_sub(divisor);
            dividend |= 1;
        }
    }
    (dividend, remainder)
}

/// The quotient.
#[cfg(target_arch = "riscv32")]
#[unsafe(no_mangle)]
extern "C" fn __udivdi3(dividend: u64, divisor: u64) -> u64 {
    divide(dividend, divisor).0
}

/// The remainder.
#[cfg(target_arch = "riscv32")]
#[unsafe(no_mangle)]
extern "C" fn __umoddi3(dividend: u64, divisor: u64) -> u64 {
    divide(dividend, divisor).1
}

#[cfg(test)]
mod tests {
    use super::divide;
    use std::vec::Vec;

    #[test]
    fn quotient_and_remainder_are_those_of_the_machine() {
        let near = |power: u32| {
            let middle = 1_u64 << power;
            [middle - 1, middle, middle.wrapping_add(3)]
        };
        let mut numbers: Vec<u64> = [0, 4, 31, 32, 33, 62, 63].map(near).concat();
        numbers.extend([86_400, 1_000_000_000, u64::MAX]);
        for &dividend in &numbers {
            for &divisor in numbers.iter().filter(|divisor| **divisor != 0) {
                let expected = (dividend / divisor, dividend % divisor);
                assert_eq!(
                    divide(dividend, divisor),
                    expected,
                    "{dividend} / {divisor}"
                );
            }
        }
    }
}
