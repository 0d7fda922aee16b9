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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_of_a_task_are_told_apart() {
        // Table 4.2, without the causes that only the kernel itself or a system call can have.
        let table = [
            (0, FaultKind::Misaligned),
            (1, FaultKind::Execute),
            (2, FaultKind::Illegal),
            (3, FaultKind::Breakpoint),
            (4, FaultKind::Misaligned),
            (5, FaultKind::Bus),
            (6, FaultKind::Misaligned),
            (7, FaultKind::Bus),
            (12, FaultKind::Execute),
            (13, FaultKind::Read),
            (15, FaultKind::Write),
        ];
        for (cause, kind) in table {
            assert_eq!(decode(cause), kind, "cause {cause}");
        }
    }
}
