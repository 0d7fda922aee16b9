//! Interrupt lines as grants: claimed, acknowledged, given up.

use super::links::{Links, NIL};
use super::shared::SHARED;
use crate::{Hardware, Kernel};
use leasehold_abi::{Claim, Error, GrantKind, LeaseState, Notifications, Rights};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// Route a line of the lease in `slot` to the current task, which gets `bits`.
    // Not inlined: most claims are of windows, and this needs registers that they would save.
    #[inline(never)]
    pub(super) fn claim_line(
        &mut self,
        slot: u16,
        grant: u16,
        bits: Notifications,
    ) -> Result<usize, Error> {
        let record = &self.leases.grants[grant as usize];
        let line = record.base;
        let valid =
            record.length == 1 && !bits.is_empty() && !bits.intersects(Notifications::KERNEL);
        if !valid {
            return Err(Error::Invalid);
        }
        let Some(&before) = self.routes.as_ref().get(line) else {
            return Err(Error::Invalid);
        };
        if !record.rights.contains(Rights::READ) {
            return Err(Error::Denied);
        }
        let function = if H::PCI { self.function_of(slot) } else { NIL };
        let (mut route, mut claim) = (grant, Claim::Exclusive);
        if before != NIL {
            if !H::PCI || function == NIL {
                return Err(Error::Busy);
            }
            route = self.share_line(before, grant)?;
            claim = Claim::Shared;
        }
        let record = &mut self.leases.grants[grant as usize];
        record.note = bits.register();
        record.claim = claim;
        record.claimant = self.current as u8;
        if let Some(place) = self.routes.as_mut().get_mut(line) {
            *place = route;
        }
        if H::PCI {
            self.leases.grants[grant as usize].twins = Links {
                next: function,
                previous: NIL,
            };
            self.allow(grant, true);
        }
        self.hardware.unmask_line(line as u32);
        Ok(line)
    }

    /// [`Call::InterruptAcknowledge`](leasehold_abi::Call::InterruptAcknowledge).
    pub(crate) fn interrupt_acknowledge(
        &mut self,
        handle: usize,
        index: usize,
    ) -> Result<(), Error> {
        let slot = self.held_or_ending(handle)?;
        let grant = self.leases.grant(slot, index)?;
        let record = &self.leases.grants[grant as usize];
        if record.kind != GrantKind::Interrupt {
            return Err(Error::Invalid);
        }
        if record.claim == Claim::None {
            let active = self.leases.records[slot as usize].state == LeaseState::Active;
            return Err(if active {
                Error::Invalid
            } else {
                Error::Revoked
            });
        }
        let line = record.base as u32;
        if H::PCI && record.claim == Claim::Shared {
            self.allow(grant, true);
        }
        self.hardware.unmask_line(line);
        Ok(())
    }

    /// Let a line come again, if the current task has claimed it.
    #[inline(always)]
    pub(crate) fn rearm(&mut self, line: usize) {
        let Some(&route) = self.routes.as_ref().get(line) else {
            return;
        };
        let Some(grant) = self.leases.grants.get(route as usize) else {
            if H::PCI {
                self.rearm_shared(line);
            }
            return;
        };
        if grant.claimant as usize == self.current {
            self.hardware.unmask_line(line as u32);
        }
    }

    /// Nobody gets the line's interrupts any more. True, as that is all.
    #[inline(never)]
    pub(super) fn unclaim_line(&mut self, grant: u16) -> bool {
        let line = self.leases.grants[grant as usize].base;
        let mut left = NIL;
        if H::PCI {
            self.allow(grant, false);
            if let Some(&route) = self.routes.as_ref().get(line)
                && route & SHARED != 0
            {
                left = self.leave_line(route, grant);
            }
        }
        self.leases.grants[grant as usize].claim = Claim::None;
        if let Some(route) = self.routes.as_mut().get_mut(line) {
            *route = left;
        }
        if left == NIL {
            self.hardware.mask_line(line as u32);
        }
        true
    }
}
