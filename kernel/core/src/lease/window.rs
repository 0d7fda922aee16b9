//! Windows: looking for a claim in the way, mapping, and unmapping, all in bounded steps.

use super::links::NIL;
use super::operation::{Operation, Phase};
use super::table::Claim;
use crate::{Hardware, Kernel, Window};
use leasehold_abi::{Error, GrantKind, Rights};

/// Claims that one step looks at.
const SCAN_STEP: usize = 8;

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// What is mapped for a grant: whole granules.
    #[inline(never)]
    pub(crate) fn window(&self, grant: u16) -> Window {
        self.window_here(grant)
    }

    /// [`Kernel::window`], for revocation, where each instruction counts.
    #[inline(always)]
    fn window_here(&self, grant: u16) -> Window {
        let record = &self.leases.grants[grant as usize];
        let mask = H::GRANULE as u64 - 1;
        let base = record.base & !mask;
        let end = (record.base + record.length + mask) & !mask;
        // Configuration space is written by the kernel alone.
        let writable = record.rights.contains(Rights::WRITE) && record.kind != GrantKind::Config;
        let rights = if writable {
            Rights::READ | Rights::WRITE
        } else {
            Rights::READ
        };
        Window {
            base,
            length: end - base,
            kind: record.kind,
            rights,
        }
    }

    /// The task that holds the lease of a grant.
    fn claimant(&self, grant: u16) -> usize {
        let lease = self.leases.grants[grant as usize].lease;
        self.leases.records[lease as usize].lessee as usize
    }

    /// Whether the current task can see a window beside its own memory: all of it at once, and over none of that.
    pub(super) fn has_place_for(&self, window: Window) -> bool {
        let base = H::window_address(window.base);
        if window.length - 1 > H::WINDOW_MASK - base as u64 {
            return false;
        }
        let config = self.config_of(self.current);
        [config.text, config.constants, config.data]
            .iter()
            .all(|own| !own.overlaps(base, window.length as usize))
    }

    /// Look at a few claims; when all were looked at, begin to map.
    pub(super) fn scan_step(
        &mut self,
        task: usize,
        mut operation: Operation,
    ) -> Option<Result<usize, Error>> {
        if operation.epoch != self.leases.epoch {
            operation.epoch = self.leases.epoch;
            operation.cursor = self.leases.windows;
            operation.twin = NIL;
        }
        let window = self.window(operation.grant);
        for _ in 0..SCAN_STEP {
            let other = operation.cursor;
            if other == NIL {
                return self.begin_map(task, operation);
            }
            let record = &self.leases.grants[other as usize];
            operation.cursor = record.claim_next;
            let theirs = self.window(other);
            let same_task = self.claimant(other) == task;
            // One task must see two windows at two places. What shares a byte is also seen at one place.
            let at = |window: Window| {
                if same_task {
                    H::window_address(window.base) as u64
                } else {
                    window.base
                }
            };
            let (ours, others) = (at(window), at(theirs));
            if others >= ours + window.length || ours >= others + theirs.length {
                continue;
            }
            let exclusive = record.claim == Claim::Exclusive || operation.claim == Claim::Exclusive;
            if exclusive || (same_task && (record.unmapping || theirs != window)) {
                return Some(Err(Error::Busy));
            }
            if same_task {
                operation.twin = other;
            }
        }
        self.tasks[task].operation = operation;
        None
    }

    fn begin_map(&mut self, task: usize, mut operation: Operation) -> Option<Result<usize, Error>> {
        let grant = operation.grant;
        let record = &mut self.leases.grants[grant as usize];
        record.claim = operation.claim;
        record.progress = 0;
        record.unmapping = false;
        record.twin = grant;
        record.twin_previous = grant;
        self.leases.enlist(grant);
        if operation.twin != NIL {
            self.join_ring(grant, operation.twin);
            return Some(Ok(self.claim_address(grant)));
        }
        let window = self.window(grant);
        self.tasks[task].regain_window(H::window_address(window.base), window.length as usize);
        operation.phase = Phase::Map;
        self.tasks[task].operation = operation;
        self.map_step(task, operation)
    }

    pub(super) fn map_step(
        &mut self,
        task: usize,
        mut operation: Operation,
    ) -> Option<Result<usize, Error>> {
        let grant = operation.grant;
        let window = self.window(grant);
        let progress = &mut self.leases.grants[grant as usize].progress;
        match self.hardware.map_step(task, window, progress) {
            Ok(true) => Some(Ok(self.claim_address(grant))),
            Ok(false) => None,
            Err(error) => {
                operation.phase = Phase::Unmap;
                operation.outcome = error.code();
                self.tasks[task].operation = operation;
                None
            }
        }
    }

    /// Where the claimant finds the first byte of the grant.
    fn claim_address(&self, grant: u16) -> usize {
        H::window_address(self.leases.grants[grant as usize].base)
    }

    /// Put a claim behind one of the very same window.
    fn join_ring(&mut self, grant: u16, before: u16) {
        let after = self.leases.grants[before as usize].twin;
        self.leases.grants[grant as usize].twin = after;
        self.leases.grants[grant as usize].twin_previous = before;
        self.leases.grants[before as usize].twin = grant;
        self.leases.grants[after as usize].twin_previous = grant;
    }

    /// Take a bit of a claimed window away from its task; true when all of it is gone.
    #[inline(always)]
    pub(super) fn unmap_step(&mut self, grant: u16) -> bool {
        let record = &self.leases.grants[grant as usize];
        let (twin, previous) = (record.twin, record.twin_previous);
        if twin != grant {
            // Another claim keeps it mapped: leave the ring.
            self.leases.grants[twin as usize].twin_previous = previous;
            self.leases.grants[previous as usize].twin = twin;
            return true;
        }
        let window = self.window_here(grant);
        let task = self.claimant(grant);
        let record = &mut self.leases.grants[grant as usize];
        if !record.unmapping {
            record.progress = 0;
            self.tasks[task].lose_window(H::window_address(window.base), window.length as usize);
        }
        let gone = self.hardware.unmap(task, window, &mut record.progress);
        record.unmapping = !gone;
        gone
    }
}
