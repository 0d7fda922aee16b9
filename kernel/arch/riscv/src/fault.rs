//! From `scause` or `mcause` to the kind of a task's fault (Privileged Architecture, tables 3.6 and 4.2).

use leasehold_abi::FaultKind;

/// The kind of the exception with this cause, as the hardware reports it. On RV32 a refused access and a device's error
/// are both access faults; the kernel tells them apart by the task's rights.
pub const fn decode(cause: usize) -> FaultKind {
    decode_with(cause, cfg!(target_arch = "riscv32"))
}

/// [`decode`], with access faults that mean a refusal by `protection`, or a bus error.
const fn decode_with(cause: usize, protection: bool) -> FaultKind {
    match cause {
        0 | 4 | 6 => FaultKind::Misaligned,
        1 | 12 => FaultKind::Execute,
        3 => FaultKind::Breakpoint,
        5 if protection => FaultKind::Read,
        7 if protection => FaultKind::Write,
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
        // Table 3.6, without the causes that only the kernel itself or a system call can have: with page tables, and
        // without.
        let table = [
            (0, FaultKind::Misaligned, FaultKind::Misaligned),
            (1, FaultKind::Execute, FaultKind::Execute),
            (2, FaultKind::Illegal, FaultKind::Illegal),
            (3, FaultKind::Breakpoint, FaultKind::Breakpoint),
            (4, FaultKind::Misaligned, FaultKind::Misaligned),
            (5, FaultKind::Bus, FaultKind::Read),
            (6, FaultKind::Misaligned, FaultKind::Misaligned),
            (7, FaultKind::Bus, FaultKind::Write),
            (12, FaultKind::Execute, FaultKind::Execute),
            (13, FaultKind::Read, FaultKind::Read),
            (15, FaultKind::Write, FaultKind::Write),
        ];
        for (cause, paged, unpaged) in table {
            assert_eq!(decode(cause), paged, "cause {cause}");
            assert_eq!(decode_with(cause, true), unpaged, "cause {cause}");
        }
    }
}
