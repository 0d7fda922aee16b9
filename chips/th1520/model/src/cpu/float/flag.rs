//! Bits of `fflags`.

pub(super) const INEXACT: u64 = 1;
pub(super) const UNDERFLOW: u64 = 2;
pub(super) const OVERFLOW: u64 = 4;
pub(super) const DIVIDE_BY_ZERO: u64 = 8;
pub(super) const INVALID: u64 = 16;
