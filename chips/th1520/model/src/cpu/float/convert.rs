//! Conversions between floating-point numbers and integers.

use super::flag;
use super::format::{Format, flags};
use rustc_apfloat::{Round, Status, StatusAnd};

/// Least and greatest integer of a conversion's type: `W`, `WU`, `L`, `LU` by number.
fn range(kind: u32) -> Option<(i128, i128)> {
    Some(match kind {
        0 => (i128::from(i32::MIN), i128::from(i32::MAX)),
        1 => (0, i128::from(u32::MAX)),
        2 => (i128::from(i64::MIN), i128::from(i64::MAX)),
        3 => (0, i128::from(u64::MAX)),
        _ => return None,
    })
}

/// The integer as a register holds it, and flags. What is out of range becomes the nearest end, a NaN the greatest.
pub(super) fn to_integer<F: Format>(value: F, kind: u32, round: Round) -> Option<(u64, u64)> {
    let (least, greatest) = range(kind)?;
    let StatusAnd {
        status,
        value: whole,
    } = value.to_i128_r(128, round, &mut false);
    let too_wide = value.is_nan() || status.contains(Status::INVALID_OP);
    let (result, flags) = if value.is_nan() || too_wide && !value.is_negative() || whole > greatest
    {
        (greatest, flag::INVALID)
    } else if too_wide || whole < least {
        (least, flag::INVALID)
    } else {
        (whole, flags(status))
    };
    // Results of 32 bits are sign-extended, the unsigned ones too.
    let register = if kind < 2 {
        result as i32 as u64
    } else {
        result as u64
    };
    Some((register, flags))
}

/// The nearest number to an integer in a register, and flags.
pub(super) fn from_integer<F: Format>(register: u64, kind: u32, round: Round) -> Option<(F, u64)> {
    let whole = match kind {
        0 => i128::from(register as i32),
        1 => i128::from(register as u32),
        2 => i128::from(register as i64),
        3 => i128::from(register),
        _ => return None,
    };
    let StatusAnd { status, value } = F::from_i128_r(whole, round);
    Some((value, flags(status)))
}
