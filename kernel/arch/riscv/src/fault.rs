//! From `scause` to the kind of a task's fault (Privileged Architecture, table 4.2).

use leasehold_abi::FaultKind;

/// The kind of the exception with this cause, as the hardware saw it.
pub const fn decode(cause: usize) -> FaultKind {
    match cause {
        0 | 4 | 6 => FaultKind::Misaligned,
        1 | 12 => FaultKind::Execute,
        3 => FaultKind::Breakpoint,
        5 | 7 => FaultKind::Bus,
        13 => FaultKind::Read,
        15 => FaultKind::Write,
        _ => FaultKind::Illegal,
    }
}
