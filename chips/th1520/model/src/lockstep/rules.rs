//! What of the two runs is compared.

use crate::cpu::status;

/// How a run is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    /// Machine mode's code is part of the image, and of what is compared.
    Nothing,
    /// QEMU runs its firmware, which is not compared.
    Firmware,
}

/// Bits of `mstatus` that are compared: what the core decides. The unit's state may be dirty earlier in one of the two.
pub(super) const STATUS: u64 = status::SIE
    | status::MIE
    | status::SPIE
    | status::MPIE
    | status::SPP
    | status::MPP
    | status::MPRV
    | status::SUM
    | status::MXR;
