//! The two formats, and how registers of 64 bits hold them.

use super::flag;
use rustc_apfloat::ieee::{Double, Quad, Single};
use rustc_apfloat::{Float, FloatConvert, Status};

/// Single or double precision.
pub(super) trait Format: Float + FloatConvert<Quad> {
    /// Whether it is the narrower one.
    const SINGLE: bool;
    /// The bits above a value in a register; they are all set ("NaN boxing").
    const BOX: u64;
    /// The sign's bit.
    const SIGN: u64;
    /// The one NaN that operations give.
    const CANONICAL: u64;

    /// The nearest value to a wider one.
    fn of_quad(value: Quad, round: rustc_apfloat::Round) -> rustc_apfloat::StatusAnd<Self>;

    /// The bits that a register holds of this format; the canonical NaN if it is not boxed.
    fn bits(register: u64) -> u64 {
        if register & Self::BOX == Self::BOX {
            register & !Self::BOX
        } else {
            Self::CANONICAL
        }
    }

    /// The value that a register holds.
    fn unboxed(register: u64) -> Self {
        Self::from_bits(u128::from(Self::bits(register)))
    }

    /// A register with these bits.
    fn boxed(bits: u64) -> u64 {
        bits | Self::BOX
    }

    /// A register with this value.
    fn register(self) -> u64 {
        let bits = if self.is_nan() {
            Self::CANONICAL
        } else {
            self.to_bits() as u64
        };
        Self::boxed(bits)
    }
}

impl Format for Single {
    const SINGLE: bool = true;
    const BOX: u64 = 0xffff_ffff_0000_0000;
    const SIGN: u64 = 1 << 31;
    const CANONICAL: u64 = 0x7fc0_0000;

    fn of_quad(value: Quad, round: rustc_apfloat::Round) -> rustc_apfloat::StatusAnd<Self> {
        value.convert_r(round, &mut false)
    }
}

impl Format for Double {
    const SINGLE: bool = false;
    const BOX: u64 = 0;
    const SIGN: u64 = 1 << 63;
    const CANONICAL: u64 = 0x7ff8_0000_0000_0000;

    fn of_quad(value: Quad, round: rustc_apfloat::Round) -> rustc_apfloat::StatusAnd<Self> {
        value.convert_r(round, &mut false)
    }
}

/// `fflags` of a status.
pub(super) fn flags(status: Status) -> u64 {
    [
        (Status::INEXACT, flag::INEXACT),
        (Status::UNDERFLOW, flag::UNDERFLOW),
        (Status::OVERFLOW, flag::OVERFLOW),
        (Status::DIV_BY_ZERO, flag::DIVIDE_BY_ZERO),
        (Status::INVALID_OP, flag::INVALID),
    ]
    .into_iter()
    .filter(|(bit, _)| status.contains(*bit))
    .map(|(_, flag)| flag)
    .sum()
}
