//! What the lessee is told: one event a lease, the latest.
//!
//! A lease that is revoked before its offer was fetched is reported as ending only, and must
//! be released all the same.

use super::links::{Chain, NIL};
use crate::{Hardware, Kernel};
use leasehold_abi::{Error, LeaseEvent, Notifications};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// Tell the lessee.
    pub(crate) fn queue_event(&mut self, slot: u16, event: LeaseEvent) {
        let lease = &mut self.leases.records[slot as usize];
        let lessee = lease.lessee as usize;
        let queued = lease.event != 0;
        lease.event = event as u8;
        if !queued {
            self.tasks[lessee]
                .events
                .push(&mut self.leases.records, Chain::Events, slot);
        }
        self.post(lessee, Notifications::LEASE);
    }

    /// The lessee need not know any more.
    pub(crate) fn cancel_event(&mut self, slot: u16) {
        let lease = &mut self.leases.records[slot as usize];
        if lease.event != 0 {
            lease.event = 0;
            let lessee = lease.lessee as usize;
            self.tasks[lessee]
                .events
                .remove(&mut self.leases.records, Chain::Events, slot);
        }
    }

    /// [`Call::LeaseEvent`](leasehold_abi::Call::LeaseEvent): event and handle.
    pub(crate) fn lease_event(&mut self) -> Result<(usize, usize), Error> {
        let slot = self.tasks[self.current].events.first;
        if slot == NIL {
            return Err(Error::NotFound);
        }
        let event = self.leases.records[slot as usize].event as usize;
        self.cancel_event(slot);
        Ok((event, self.leases.handle(slot) as usize))
    }
}
