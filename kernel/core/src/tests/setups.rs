//! What tests of several files begin with.

use crate::Fault;
use crate::model::calls::{line, shared};
use crate::model::{World, part, root};
use leasehold_abi::{FaultKind, RevokeMode};
use std::vec::Vec;

/// The ways to revoke, as arguments.
pub(super) const ORDERLY: usize = RevokeMode::Orderly as usize;
pub(super) const HARD: usize = RevokeMode::Hard as usize;

/// A fault that no place explains.
pub(super) const FAULT: Fault = fault(FaultKind::Illegal, 0);

/// A slice in ticks, as the board's clock has 10 000 in a second.
pub(super) const SLICE: u64 = 10;

/// A fault of this kind at this address.
pub(super) const fn fault(kind: FaultKind, address: usize) -> Fault {
    Fault {
        kind,
        address,
        pc: 0,
        stack: 0,
    }
}

impl<const L: usize, const G: usize, const B: u32> World<L, G, B> {
    /// The supervisor lends a grant of the root lease to a task, which claims it, shared with others.
    pub(super) fn claimed(&mut self, task: usize, grant: usize) -> usize {
        self.claimed_line(task, grant, 0)
    }

    /// The same for a line, which posts these bits.
    pub(super) fn claimed_line(&mut self, task: usize, grant: usize, bits: usize) -> usize {
        let root = self.root();
        let lease = self.lend(0, root, task, &[grant]);
        self.value(task, line(lease, 0, bits));
        lease
    }

    /// Task 2 has a window of which it has lent so many parts, each of `length` bytes in a lease of its own. The
    /// lessees, tasks from 3 on by turns, have claimed them. Its lease, and theirs.
    pub(super) fn window_lent(
        &mut self,
        parts: usize,
        length: usize,
        lessees: usize,
    ) -> (usize, Vec<usize>) {
        let root = self.root();
        let binding = self.lend(0, root, 2, &[root::BAR]);
        let lend = |number: usize| {
            let lessee = 3 + number % lessees;
            let at = number * length % 0x1000;
            let lease = self.lend_parts(2, binding, lessee, &[part(0, at, length, 7)]);
            self.value(lessee, shared(lease, 0));
            lease
        };
        (binding, (0..parts).map(lend).collect())
    }

    /// What a task has at an address of its memory from now on.
    pub(super) fn write(&mut self, address: usize, bytes: &[u8]) {
        let there = self.kernel.hardware.bytes(address, bytes.len());
        there.copy_from_slice(bytes);
    }
}
