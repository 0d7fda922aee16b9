//! The cells of the isolation matrix: who tries what, and how; why a cell does not exist; and how many there were.

use userlib::early_print;

/// Who tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Actor {
    /// A driver with a device's registers.
    Driver,
    /// A child with memory that another task lent it.
    AuxiliaryChild,
    /// A task that never had a lease.
    Ordinary,
    /// A task whose leases, of registers and of a line, are over.
    Stale,
}

/// What it tries to get at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The kernel's memory.
    Kernel,
    /// Memory of another task.
    OtherTask,
    /// Registers of a device that it has no lease of.
    UnheldDevice,
    /// Directly below its window, or below its own memory if it has no window.
    BelowTheEdge,
    /// Right above that.
    AboveTheEdge,
    /// Registers that say who may reach what.
    ProtectionRegisters,
    /// A line that another task claimed, by the interrupt controller's registers.
    AnothersInterrupt,
    /// The window of a lease that is revoked.
    RevokedLease,
}

/// How.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Read,
    Write,
    Execute,
    /// Load and store in one.
    Atomic,
    /// A load that is not aligned.
    Misaligned,
    /// A load that begins in the task's own memory and ends outside, or the other way round.
    Straddling,
    /// An address at which the kernel should write, and handles that belong to another task.
    SystemCall,
}

/// Why there is no such cell.
#[derive(Clone, Copy)]
#[repr(usize)]
pub(crate) enum Reason {
    NotNext,
    NoAddress,
    Emulator,
}

/// The texts of [`Reason`].
pub(crate) const REASONS: [&str; 3] = [
    "nothing of the task's own lies next to it",
    "these registers are reached by instructions of their own, and have no address",
    "the edge is inside of a KiB, in which QEMU checks the first byte of an access only",
];

/// The cells of the rows that ran.
#[derive(Default)]
pub(crate) struct Cells {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    /// How many each reason left out.
    pub(crate) inapplicable: [usize; REASONS.len()],
}

impl Cells {
    /// Prints the sum, and what was left out with the reason, when any ran.
    pub(crate) fn print(&self) {
        let inapplicable: usize = self.inapplicable.iter().sum();
        let all = self.passed + self.failed + inapplicable;
        if all == 0 {
            return;
        }
        let (passed, failed) = (self.passed, self.failed);
        early_print!(
            "isolation: {all} cells: {passed} passed, {failed} failed, {inapplicable} inapplicable\n"
        );
        for (count, reason) in self.inapplicable.iter().zip(REASONS) {
            if *count != 0 {
                early_print!("isolation: {count} inapplicable: {reason}\n");
            }
        }
    }
}
