//! Interrupt lines as grants: claimed, acknowledged, given up.

use super::links::NIL;
use crate::{Hardware, Kernel};
use leasehold_abi::{Claim, Error, GrantKind, LeaseState, Notifications, Rights};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// Route a line to the current task, which gets `bits`.
    pub(super) fn claim_line(&mut self, grant: u16, bits: Notifications) -> Result<usize, Error> {
        let record = &mut self.leases.grants[grant as usize];
        let line = record.base;
        let valid =
            record.length == 1 && !bits.is_empty() && !bits.intersects(Notifications::KERNEL);
        if !valid {
            return Err(Error::Invalid);
        }
        let Some(route) = self.routes.as_mut().get_mut(line) else {
            return Err(Error::Invalid);
        };
        if !record.rights.contains(Rights::READ) {
            return Err(Error::Denied);
        }
        if *route != NIL {
            return Err(Error::Busy);
        }
        record.note = bits.register();
        record.claim = Claim::Exclusive;
        record.claimant = self.current as u8;
        *route = grant;
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
        self.hardware.unmask_line(record.base as u32);
        Ok(())
    }

    /// Let a line come again, if the current task has claimed it.
    #[inline(always)]
    pub(crate) fn rearm(&mut self, line: usize) {
        let route = self.routes.as_ref().get(line);
        let grant = route.and_then(|&route| self.leases.grants.get(route as usize));
        if grant.is_some_and(|grant| grant.claimant as usize == self.current) {
            self.hardware.unmask_line(line as u32);
        }
    }

    /// Nobody gets the line's interrupts any more. True, as that is all.
    #[inline(never)]
    pub(super) fn unclaim_line(&mut self, grant: u16) -> bool {
        let record = &mut self.leases.grants[grant as usize];
        record.claim = Claim::None;
        if let Some(route) = self.routes.as_mut().get_mut(record.base) {
            *route = NIL;
        }
        self.hardware.mask_line(record.base as u32);
        true
    }
}
