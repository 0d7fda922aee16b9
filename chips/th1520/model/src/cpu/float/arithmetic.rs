//! Arithmetic by `rustc_apfloat`, which rounds in every mode and says what was not exact. Own are only the rules that
//! RISC-V adds: one NaN, underflow judged after rounding, and the square root, which that library lacks.

use super::flag;
use super::format::{Format, flags};
use rustc_apfloat::ieee::{Double, Quad, Single};
use rustc_apfloat::{Float, FloatConvert, Round, Status, StatusAnd};
use std::cmp::Ordering;

/// An operation with two or three operands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// The first times the second plus the third.
    MultiplyAdd,
}

/// By how many powers of two results at the ends are scaled, so that no exponent is out of range.
const SCALE: i32 = 120;

fn nan<F: Format>() -> F {
    F::from_bits(u128::from(F::CANONICAL))
}

/// The flag of an invalid operation, if it was one.
fn invalid(was: bool) -> u64 {
    if was { flag::INVALID } else { 0 }
}

fn apply<T: Float>(operation: Operation, [a, b, c]: [T; 3], round: Round) -> StatusAnd<T> {
    match operation {
        Operation::Add => a.add_r(b, round),
        Operation::Subtract => a.sub_r(b, round),
        Operation::Multiply => a.mul_r(b, round),
        Operation::Divide => a.div_r(b, round),
        Operation::MultiplyAdd => a.mul_add_r(b, c, round),
    }
}

/// Value and flags of an operation. The third operand counts only where there is one.
pub(super) fn compute<F: Format>(operation: Operation, operands: [F; 3], round: Round) -> (F, u64) {
    let [a, b, _] = operands;
    let used = if matches!(operation, Operation::MultiplyAdd) {
        3
    } else {
        2
    };
    let fused = used == 3;
    if operands[..used].iter().any(|operand| operand.is_nan()) {
        let signals = operands[..used]
            .iter()
            .any(|operand| operand.is_signaling());
        let no_product =
            fused && (a.is_infinite() && b.is_zero() || a.is_zero() && b.is_infinite());
        return (nan(), invalid(signals || no_product));
    }
    let StatusAnd { status, value } = apply(operation, operands, round);
    let exact = || odd(apply(operation, operands.map(widened), Round::TowardZero));
    (
        value,
        flags(status) | judged_late(status, value, round, exact),
    )
}

fn widened<F: Format>(value: F) -> Quad {
    value.convert(&mut false).value
}

/// A result that was cut off, with its last bit set if anything was: it rounds further as the exact one would.
fn odd(StatusAnd { status, value }: StatusAnd<Quad>) -> Quad {
    let sticky = u128::from(status.contains(Status::INEXACT));
    Quad::from_bits(value.to_bits() | sticky)
}

/// Underflow and overflow are judged by what the result would be if the exponent had no limit. The library judges the
/// result itself, which differs at the ends: where it was rounded up to the smallest normal number, and where it was
/// cut to the largest.
fn judged_late<F: Format>(status: Status, value: F, round: Round, exact: impl Fn() -> Quad) -> u64 {
    if !status.contains(Status::INEXACT) {
        return 0;
    }
    let unlimited = |scale| F::of_quad(exact().scalbn(scale), round).value.abs();
    let size = value.abs();
    if size.is_smallest_normalized() && unlimited(SCALE) < size.scalbn(SCALE) {
        flag::UNDERFLOW
    } else if size.is_largest() && unlimited(-SCALE) > size.scalbn(-SCALE) {
        flag::OVERFLOW
    } else {
        0
    }
}

/// To single precision.
pub(super) fn narrow(value: Double, round: Round) -> (Single, u64) {
    if value.is_nan() {
        return (nan(), invalid(value.is_signaling()));
    }
    let StatusAnd {
        status,
        value: result,
    } = value.convert_r(round, &mut false);
    (
        result,
        flags(status) | judged_late(status, result, round, || widened(value)),
    )
}

/// To double precision, which is exact.
pub(super) fn widen(value: Single) -> (Double, u64) {
    if value.is_nan() {
        return (nan(), invalid(value.is_signaling()));
    }
    (value.convert(&mut false).value, 0)
}

/// The square root.
pub(super) fn root<F: Format>(value: F, round: Round) -> (F, u64) {
    if value.is_nan() {
        return (nan(), invalid(value.is_signaling()));
    }
    if value.is_zero() || value.is_pos_infinity() {
        return (value, 0);
    }
    if value.is_negative() {
        return (nan(), flag::INVALID);
    }
    // The value is a whole number of 53 bits times a power of two.
    let mut exponent = value.ilogb() - 52;
    let mut whole: u128 = widened(value).scalbn(-exponent).to_u128(128).value;
    if exponent % 2 != 0 {
        whole <<= 1;
        exponent -= 1;
    }
    // An even shift, so that the root has more bits than any format, and one to say that there are more.
    let square = whole << 74;
    let root = square.isqrt();
    let sticky = u128::from(root * root != square);
    let found = Quad::from_u128(root << 1 | sticky)
        .value
        .scalbn((exponent - 74) / 2 - 1);
    let StatusAnd { status, value } = F::of_quad(found, round);
    (value, flags(status))
}

/// The lesser or the greater; −0 is less than +0, and a number is both against a NaN.
pub(super) fn least<F: Format>(a: F, b: F, greatest: bool, signalling_is_nan: bool) -> (F, u64) {
    let signals = a.is_signaling() || b.is_signaling();
    let flags = invalid(signals);
    if signals && signalling_is_nan {
        return (nan(), flags);
    }
    let value = match (a.is_nan(), b.is_nan()) {
        (true, true) => nan(),
        (true, false) => b,
        (false, true) => a,
        (false, false) => {
            let first_is_less = a < b || a.is_zero() && b.is_zero() && a.is_negative();
            if first_is_less == greatest { b } else { a }
        }
    };
    (value, flags)
}

/// `fle`, `flt`, `feq` by their numbers, and flags.
pub(super) fn compare<F: Format>(a: F, b: F, relation: u32) -> Option<(bool, u64)> {
    let quiet = relation == 2;
    let order = a.partial_cmp(&b);
    let holds = match relation {
        0 => order.is_some_and(Ordering::is_le),
        1 => order == Some(Ordering::Less),
        2 => order == Some(Ordering::Equal),
        _ => return None,
    };
    let signals = a.is_signaling() || b.is_signaling();
    Some((holds, invalid(signals || order.is_none() && !quiet)))
}

/// `fclass`: one bit of ten.
pub(super) fn class<F: Format>(value: F) -> u64 {
    let bit = if value.is_nan() {
        return 1 << if value.is_signaling() { 8 } else { 9 };
    } else if value.is_infinite() {
        0
    } else if value.is_zero() {
        3
    } else if value.is_denormal() {
        2
    } else {
        1
    };
    1 << if value.is_negative() { bit } else { 7 - bit }
}
