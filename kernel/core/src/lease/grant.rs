//! Filling a draft: a grant is a part of one that the lessor holds, or of its own arena (L4).

use super::links::NIL;
use super::table::ROOT;
use crate::{Hardware, Kernel};
use leasehold_abi::{Error, GrantKind, LeaseState, Rights, SELF_MEMORY, WHOLE};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// [`Call::LeaseAdd`](leasehold_abi::Call::LeaseAdd).
    ///
    /// A part of a window begins and ends on the hardware's granule, unless it ends where its
    /// source does: what is lent is what can be protected.
    pub(crate) fn lease_add(&mut self, arguments: [usize; 6]) -> Result<usize, Error> {
        let [handle, source, index, offset, length, rights] = arguments;
        let slot = self.draft(handle)?;
        let rights = Rights::from_bits(rights as u32).ok_or(Error::Invalid)?;
        let parent = self.leases.records[slot as usize].parent;
        if self.leases.records[parent as usize].state != LeaseState::Active {
            return Err(Error::Revoked);
        }
        if source as u32 == SELF_MEMORY {
            let range = self.own_range(offset, length)?;
            let free = &mut self.tasks[self.current].free;
            return self
                .leases
                .add(slot, free, GrantKind::Memory, range, 0, rights);
        }
        if self.held(source)? != parent {
            return Err(Error::Invalid);
        }
        let grant = self.leases.grant(parent, index)?;
        let grant = self.leases.grants[grant as usize];
        if !grant.rights.contains(rights | Rights::LEND) {
            return Err(Error::Denied);
        }
        let offset = offset as u64;
        let rest = grant.length.checked_sub(offset).ok_or(Error::Invalid)?;
        let length = if length == WHOLE { rest } else { length as u64 };
        if length == 0 || length > rest {
            return Err(Error::Invalid);
        }
        let unit = if grant.kind == GrantKind::Interrupt {
            1
        } else {
            H::GRANULE as u64
        };
        let base = grant.base + offset;
        let fits = |at: u64| at.is_multiple_of(unit);
        if (offset != 0 && !fits(base)) || (length != rest && !fits(base + length)) {
            return Err(Error::Invalid);
        }
        let free = &mut self.tasks[self.current].free;
        let range = (base, length);
        self.leases
            .add(slot, free, grant.kind, range, grant.label, rights)
    }

    /// A range of the current task's arena.
    fn own_range(&self, base: usize, length: usize) -> Result<(u64, u64), Error> {
        let arena = self.config_of(self.current).arena;
        let (first, size) = (arena.base(), arena.length());
        let offset = base.wrapping_sub(first);
        if offset >= size || length > size - offset {
            return Err(Error::BadAddress);
        }
        let granules = base.is_multiple_of(H::GRANULE) && length.is_multiple_of(H::GRANULE);
        if length == 0 || !granules {
            return Err(Error::Invalid);
        }
        Ok((base as u64, length as u64))
    }

    /// [`Call::GrantLabel`](leasehold_abi::Call::GrantLabel).
    pub(crate) fn grant_label(
        &mut self,
        handle: usize,
        index: usize,
        label: usize,
    ) -> Result<(), Error> {
        let slot = self.draft(handle)?;
        let grant = self.leases.grant(slot, index)?;
        self.leases.grants[grant as usize].label = label as u32;
        Ok(())
    }

    /// [`Call::ConfigRead`](leasehold_abi::Call::ConfigRead): 4 bytes.
    pub(crate) fn config_read(
        &mut self,
        handle: usize,
        index: usize,
        offset: usize,
    ) -> Result<usize, Error> {
        let address = self.configuration(handle, index, (offset, 4), Rights::READ)?;
        Ok(self.hardware.read_configuration(address) as usize)
    }

    /// [`Call::ConfigWrite`](leasehold_abi::Call::ConfigWrite): through the root lease alone.
    ///
    /// What lies in configuration space decides about more than its function: base addresses and decode bits put
    /// registers over other windows, a bridge's bus numbers and windows move whole buses, and a message-signalled
    /// interrupt is a store to an address that is written there. So a lessee, that of all configuration space
    /// included, writes none of it.
    pub(crate) fn config_write(&mut self, arguments: [usize; 6]) -> Result<(), Error> {
        /// Offset of the command register, and its bus-master bit: PCI Local Bus
        /// Specification 3.0, 6.2.2.
        const COMMAND: u64 = 4;
        const BUS_MASTER: u32 = 1 << 2;
        /// Configuration space of one function: PCI Express Base Specification, 7.2.2.
        const FUNCTION: u64 = 4096;

        let [handle, index, offset, width, value, _] = arguments;
        let address = self.configuration(handle, index, (offset, width), Rights::WRITE)?;
        let mut value = value as u32;
        if address % FUNCTION == COMMAND {
            value &= !BUS_MASTER;
            if self.is_bus_master(address - address % FUNCTION) {
                value |= BUS_MASTER;
            }
        }
        self.hardware.write_configuration(address, width, value);
        Ok(())
    }

    /// The address of `width` bytes at `offset` of a grant of configuration space, for somebody who may read, or write,
    /// them.
    fn configuration(
        &self,
        handle: usize,
        index: usize,
        (offset, width): (usize, usize),
        needed: Rights,
    ) -> Result<u64, Error> {
        let slot = self.held(handle)?;
        let grant = self.leases.grant(slot, index)?;
        let record = &self.leases.grants[grant as usize];
        if record.kind != GrantKind::Config {
            return Err(Error::Invalid);
        }
        let may = needed == Rights::READ || slot == ROOT;
        if !may || !record.rights.contains(needed) {
            return Err(Error::Denied);
        }
        let offset = offset as u64;
        let fits = matches!(width, 1 | 2 | 4)
            && offset.is_multiple_of(width as u64)
            && offset < record.length
            && width as u64 <= record.length - offset;
        if !fits {
            return Err(Error::Invalid);
        }
        Ok(record.base + offset)
    }

    /// Whether some bus-master grant for this function is claimed.
    fn is_bus_master(&self, function: u64) -> bool {
        let mut grant = self.leases.masters;
        while grant != NIL {
            let record = &self.leases.grants[grant as usize];
            if record.base == function {
                return true;
            }
            grant = record.claim_next;
        }
        false
    }
}
