//! What a lessee is told of its leases: [`Held`](super::held::Held) says in which order.

use super::links::NIL;
use crate::{Hardware, Kernel};
use leasehold_abi::{Error, LeaseEvent};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// [`Call::LeaseEvent`](leasehold_abi::Call::LeaseEvent): event and handle.
    pub(crate) fn lease_event(&mut self) -> Result<(usize, usize), Error> {
        let held = &mut self.tasks[self.current].leases;
        let (event, slot) = if held.untold != NIL {
            let slot = held.untold;
            held.untold = self.leases.records[slot as usize].links.next;
            (LeaseEvent::Ending, slot)
        } else if !held.offered.is_empty() {
            let slot = held.offered.first;
            held.offered.remove(&mut self.leases.records, slot);
            held.quiet.push(&mut self.leases.records, slot);
            self.leases.records[slot as usize].offered = false;
            (LeaseEvent::Offered, slot)
        } else {
            return Err(Error::NotFound);
        };
        Ok((event as usize, self.leases.handle(slot) as usize))
    }
}
