//! Windows: mapping and unmapping, in bounded steps.

use super::links::{Links, NIL};
use super::operation::{Operation, Phase};
use super::record::Grant;
use crate::{Hardware, Kernel, Window};
use leasehold_abi::{Claim, Error, GrantKind, Rights};

/// Windows that are looked at to give a fault its name.
const LOOKS: usize = 16;

/// What is mapped of a range: whole granules.
#[inline(always)]
fn granules<H: Hardware>(record: &Grant) -> (usize, usize) {
    let mask = H::GRANULE - 1;
    let base = record.base & !mask;
    // The end of what ends with the address space is 0.
    let end = record.base.wrapping_add(record.length).wrapping_add(mask) & !mask;
    (base, end.wrapping_sub(base))
}

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// What is mapped for a grant.
    #[inline(never)]
    pub(crate) fn window(&self, grant: u16) -> Window {
        let record = &self.leases.grants[grant as usize];
        let (base, length) = granules::<H>(record);
        // Configuration space is written by the kernel alone.
        let writable = record.rights.contains(Rights::WRITE) && record.kind != GrantKind::Config;
        let rights = if writable {
            Rights::READ | Rights::WRITE
        } else {
            Rights::READ
        };
        Window {
            base,
            length,
            kind: record.kind,
            rights,
        }
    }

    /// Whether the current task may see a window beside its own memory: it may read it, and sees all of it at once, and
    /// over none of that.
    pub(super) fn check_place(&self, grant: u16) -> Result<(), Error> {
        let record = &self.leases.grants[grant as usize];
        if !record.rights.contains(Rights::READ) {
            return Err(Error::Denied);
        }
        let (base, length) = granules::<H>(record);
        let base = H::window_address(base);
        let config = self.config_of(self.current);
        let fits = length - 1 <= H::WINDOW_MASK - base
            && !config.text.overlaps(base, length)
            && !config.constants.overlaps(base, length)
            && !config.data.overlaps(base, length);
        if fits { Ok(()) } else { Err(Error::Busy) }
    }

    /// Nothing is in the way of a claim; `twin` is one of the very same window by the same task.
    pub(super) fn begin_map(
        &mut self,
        task: usize,
        twin: u16,
        window: Window,
    ) -> Option<Result<usize, Error>> {
        let Operation { grant, claim, .. } = self.tasks[task].operation;
        let leases = &mut self.leases;
        let record = &mut leases.grants[grant as usize];
        record.claim = claim;
        record.claimant = task as u8;
        record.note = 0;
        record.unmapping = false;
        let origin = record.origin as usize;
        leases.grants[origin].claims.add(claim);
        self.epoch = self.epoch.wrapping_add(1);
        if twin != NIL {
            self.join_ring(grant, twin);
            return Some(Ok(self.claim_address(grant)));
        }
        leases.grants[grant as usize].twins = Links {
            next: grant,
            previous: grant,
        };
        let record = &mut self.tasks[task];
        record.windows.push(&mut leases.grants, grant);
        record.operation.phase = Phase::Map;
        self.map_step(task, window)
    }

    pub(super) fn map_step(&mut self, task: usize, window: Window) -> Option<Result<usize, Error>> {
        let operation = &mut self.tasks[task].operation;
        match self
            .hardware
            .map_step(task, window, &mut operation.progress)
        {
            Ok(true) => {
                // Until then it is 0, so a window that is unmapped before has all of it passed over.
                let (grant, note) = (operation.grant, operation.progress);
                self.leases.grants[grant as usize].note = note;
                Some(Ok(self.claim_address(grant)))
            }
            Ok(false) => None,
            Err(error) => {
                operation.phase = Phase::Unmap;
                operation.outcome = error.code();
                None
            }
        }
    }

    /// Whether a task has lost a window with this address to a revocation lately, and has none there now.
    pub(crate) fn lost_window_at(&self, task: usize, address: usize) -> bool {
        let covers = |grant: u16| {
            let window = self.window(grant).seen::<H>();
            address.wrapping_sub(window.base) < window.length
        };
        let lost = self.tasks[task].lost_windows().into_iter().any(|grant| {
            // The grant still says which window that was, unless another lease has it, perhaps for what has no
            // address.
            let record = self.leases.grants.get(grant as usize);
            let same = record.is_some_and(|record| {
                let is_window = !matches!(record.kind, GrantKind::Interrupt | GrantKind::BusMaster);
                let gone = record.claim == Claim::None || record.unmapping;
                record.claimant as usize == task && is_window && gone
            });
            same && covers(grant)
        });
        if !lost {
            return false;
        }
        let mut claimed = self.tasks[task].windows.first;
        for _ in 0..LOOKS {
            let Some(record) = self.leases.grants.get(claimed as usize) else {
                break;
            };
            if covers(claimed) && !record.unmapping {
                return false;
            }
            claimed = record.links.next;
        }
        true
    }

    /// Where the claimant finds the first byte of the grant.
    fn claim_address(&self, grant: u16) -> usize {
        H::window_address(self.leases.grants[grant as usize].base)
    }

    /// Put a claim behind one of the very same window.
    fn join_ring(&mut self, grant: u16, before: u16) {
        // Only what stands for a ring is in the list of the task's windows.
        let grants = &mut self.leases.grants;
        let Grant {
            twins: Links { next: after, .. },
            note,
            ..
        } = grants[before as usize];
        let record = &mut grants[grant as usize];
        record.note = note;
        record.links = Links {
            next: grant,
            previous: grant,
        };
        record.twins = Links {
            next: after,
            previous: before,
        };
        grants[before as usize].twins.next = grant;
        grants[after as usize].twins.previous = grant;
    }

    /// Take a claim out of the ring of claims that keep one window mapped. If it stands for them in the list of the
    /// task's windows, another does so from now on. True, as that is all.
    #[inline(never)]
    fn leave_ring(&mut self, grant: u16) -> bool {
        let grants = &mut self.leases.grants;
        let Grant {
            twins: Links { next, previous },
            links,
            claimant,
            ..
        } = grants[grant as usize];
        grants[next as usize].twins.previous = previous;
        grants[previous as usize].twins.next = next;
        if links.next != grant {
            let windows = &mut self.tasks[claimant as usize].windows;
            windows.remove(grants, grant);
            windows.push(grants, next);
        }
        self.count_out(grant);
        true
    }

    /// A window's claim is over.
    #[inline(always)]
    fn count_out(&mut self, grant: u16) {
        let record = &mut self.leases.grants[grant as usize];
        let (origin, claim) = (record.origin as usize, record.claim);
        record.claim = Claim::None;
        self.leases.grants[origin].claims.remove(claim);
        self.epoch = self.epoch.wrapping_add(1);
    }

    /// Take a claimed window away from its task, as the hardware can do that at once. True, as that is all.
    #[inline(never)]
    pub(super) fn unmap_at_once(&mut self, grant: u16) -> bool {
        let record = &self.leases.grants[grant as usize];
        if record.twins.next != grant {
            return self.leave_ring(grant);
        }
        let task = record.claimant as usize;
        let window = granules::<H>(record);
        self.hardware.unmap_at_once(task, window, record.note);
        let task = &mut self.tasks[task];
        task.lose_window(grant);
        task.windows.remove_here(&mut self.leases.grants, grant);
        self.count_out(grant);
        true
    }

    /// Take a bit of a claimed window away from its task; true when all of it is gone.
    #[inline(never)]
    pub(super) fn unmap_slowly(&mut self, grant: u16) -> bool {
        let record = &mut self.leases.grants[grant as usize];
        if record.twins.next != grant {
            return self.leave_ring(grant);
        }
        let task = record.claimant as usize;
        if !record.unmapping {
            record.unmapping = true;
            self.tasks[task].lose_window(grant);
        }
        let window = granules::<H>(record);
        let gone = self.hardware.unmap(task, window, &mut record.note);
        if gone {
            let windows = &mut self.tasks[task].windows;
            windows.remove(&mut self.leases.grants, grant);
            self.count_out(grant);
        }
        gone
    }
}
