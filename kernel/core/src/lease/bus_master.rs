//! PCI functions: who may have one master the bus, and what is written to configuration space.

use super::links::NIL;
use super::table::ROOT;
use crate::{Hardware, Kernel};
use leasehold_abi::arguments::ConfigWrite;
use leasehold_abi::configuration::{
    BRIDGE, BUS_MASTER, COMMAND, FUNCTION, HEADER, HEADER_END, HEADER_TYPE, INTERRUPT_DISABLE,
};
use leasehold_abi::{Arguments, Claim, Error, GrantKind, Registers, Rights};

/// Most functions that may be bus masters at once.
const MAX_MASTERS: u16 = 32;

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// Let a function master the bus, for the current task.
    pub(super) fn claim_bus_master(&mut self, grant: u16) -> Result<usize, Error> {
        let record = &self.leases.grants[grant as usize];
        let function = record.base;
        if !H::PCI || record.length != FUNCTION || !function.is_multiple_of(FUNCTION) {
            return Err(Error::Invalid);
        }
        // To switch it on is to write to the function.
        if !record.rights.contains(Rights::WRITE) {
            return Err(Error::Denied);
        }
        if self.is_bus_master(function) {
            return Err(Error::Busy);
        }
        if self.master_count >= MAX_MASTERS {
            return Err(Error::Exhausted);
        }
        self.master_count += 1;
        let record = &mut self.leases.grants[grant as usize];
        record.claim = Claim::Exclusive;
        record.claimant = self.current as u8;
        self.masters.push(&mut self.leases.grants, grant);
        self.hardware.set_bus_master(function, true);
        Ok(0)
    }

    /// The function masters the bus no more. True, as that is all.
    #[inline(never)]
    pub(super) fn unclaim_bus_master(&mut self, grant: u16) -> bool {
        let record = &mut self.leases.grants[grant as usize];
        record.claim = Claim::None;
        if !H::PCI {
            return true;
        }
        self.hardware.set_bus_master(record.base, false);
        self.master_count -= 1;
        self.masters.remove(&mut self.leases.grants, grant);
        true
    }

    /// Whether some bus-master grant for this function is claimed.
    fn is_bus_master(&self, function: usize) -> bool {
        let mut grant = self.masters.first;
        while grant != NIL {
            let record = &self.leases.grants[grant as usize];
            if record.base == function {
                return true;
            }
            grant = record.links.next;
        }
        false
    }

    /// [`Call::ConfigRead`](leasehold_abi::Call::ConfigRead): 4 bytes.
    pub(crate) fn config_read(
        &mut self,
        lease: usize,
        index: usize,
        offset: usize,
    ) -> Result<usize, Error> {
        let address = self.configuration(lease, index, (offset, 4), Rights::READ)?;
        Ok(self.hardware.read_configuration(address) as usize)
    }

    /// [`Call::ConfigWrite`](leasehold_abi::Call::ConfigWrite): through the root lease, or where a lease says so.
    ///
    /// What lies in configuration space decides about more than its function: base addresses and decode bits put
    /// registers over other windows, a bridge's bus numbers and windows move whole buses, and a message-signalled
    /// interrupt is a store to an address that is written there. So a lessee writes only where a grant has the right
    /// to write and not that to read, and there never a header. The supervisor makes such grants of registers that
    /// are a function's own affair.
    ///
    /// A bridge's bus-master bit has it pass on what functions behind it send, each by its own bit. So that bit is
    /// the supervisor's.
    pub(crate) fn config_write(&mut self, registers: Registers) -> Result<(), Error> {
        let ConfigWrite {
            lease,
            grant,
            offset,
            width,
            value,
        } = Arguments::from_registers(registers);
        let address = self.configuration(lease, grant, (offset, width), Rights::WRITE)?;
        let mut value = value as u32;
        let (register, byte) = ((address % FUNCTION) & !3, address % 4);
        if register == COMMAND {
            let word = address - byte;
            let function = word - COMMAND;
            let mut command = value << (8 * byte);
            let header = self.hardware.read_configuration(function + HEADER);
            if header & HEADER_TYPE != BRIDGE {
                command &= !BUS_MASTER;
                if self.is_bus_master(function) {
                    command |= BUS_MASTER;
                }
            }
            // Only a claim of its line lets a function assert it.
            command |= self.hardware.read_configuration(word) & INTERRUPT_DISABLE;
            value = command >> (8 * byte);
        }
        self.hardware.write_configuration(address, width, value);
        Ok(())
    }

    /// The address of `width` bytes at `offset` of a grant of configuration space, for somebody who may read, or write,
    /// them.
    fn configuration(
        &self,
        lease: usize,
        index: usize,
        (offset, width): (usize, usize),
        needed: Rights,
    ) -> Result<usize, Error> {
        let slot = self.held(lease)?;
        let grant = self.leases.grant(slot, index)?;
        let record = &self.leases.grants[grant as usize];
        if !H::PCI || record.kind != GrantKind::Config {
            return Err(Error::Invalid);
        }
        let address = record.base.wrapping_add(offset);
        let own = !record.rights.contains(Rights::READ) && address % FUNCTION >= HEADER_END;
        let may = needed == Rights::READ || slot == ROOT || own;
        if !may || !record.rights.contains(needed) {
            return Err(Error::Denied);
        }
        let fits = matches!(width, 1 | 2 | 4)
            && offset.is_multiple_of(width)
            && offset < record.length
            && width <= record.length - offset;
        if !fits {
            return Err(Error::Invalid);
        }
        Ok(address)
    }
}
