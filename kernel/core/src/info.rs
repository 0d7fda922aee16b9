//! The records that tell tasks about tasks, leases and grants.

use crate::lease::links::NIL;
use crate::lease::record::KERNEL;
use crate::{Hardware, Kernel};
use leasehold_abi::{
    Error, GrantInfo, LeaseHandle, LeaseInfo, LeaseState, Optional, Padded, STACK_STEP, TaskHandle,
    TaskInfo,
};
use zerocopy::IntoBytes;

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// [`Call::TaskInfo`](leasehold_abi::Call::TaskInfo).
    #[inline(never)]
    pub(crate) fn task_info(&mut self, index: usize, to: usize) -> Result<(), Error> {
        let task = self.task_index(index).map_err(|_| Error::NotFound)?;
        let record = &self.tasks[task];
        let info = TaskInfo {
            handle: TaskHandle::from_raw(record.handle),
            state: record.state,
            fault: record.fault.kind,
            index: task as u8,
            message_length: record.message_length,
            // `NO_TASK` has all bits set, as none has in the record.
            peer: Optional::some(record.peer as u32),
            starts: record.starts,
            leases_held: record.held_count,
            leases_lent: record.lent_count,
            reserved: 0,
            fault_address: record.fault.address as u64,
            fault_pc: record.fault.pc as u64,
            fault_stack: record.fault.stack as u64,
            name: Padded::from_bytes(self.config_of(task).name),
            message: Padded::from_bytes(record.message),
        };
        self.write_record(to, info.as_bytes())
    }

    /// [`Call::StackUse`](leasehold_abi::Call::StackUse).
    pub(crate) fn stack_use(&self, index: usize, offset: usize) -> Result<(usize, usize), Error> {
        const WORD: usize = size_of::<usize>();
        let task = self.task_index(index).map_err(|_| Error::NotFound)?;
        let config = self.config_of(task);
        // A task's data begins with its stack.
        let bottom = config.data.base();
        let size = config.stack_top as usize - bottom;
        if offset > size || !offset.is_multiple_of(WORD) {
            return Err(Error::Invalid);
        }
        let end = size.min(offset + STACK_STEP);
        let mut found = offset;
        while found < end && self.hardware.load(bottom + found) == 0 {
            found += WORD;
        }
        Ok((size, found))
    }

    /// [`Call::LeaseInfo`](leasehold_abi::Call::LeaseInfo).
    pub(crate) fn lease_info(&mut self, handle: usize, to: usize) -> Result<(), Error> {
        let slot = self.held_or_ending(handle).or_else(|_| self.lent(handle))?;
        self.write_lease(slot, to)
    }

    /// [`Call::LeaseAt`](leasehold_abi::Call::LeaseAt).
    pub(crate) fn lease_at(&mut self, slot: usize, to: usize) -> Result<(), Error> {
        let lease = self.leases.records.get(slot).ok_or(Error::NotFound)?;
        if lease.state == LeaseState::Free {
            return Err(Error::Revoked);
        }
        self.write_lease(slot as u16, to)
    }

    #[inline(never)]
    fn write_lease(&mut self, slot: u16, to: usize) -> Result<(), Error> {
        let lease = &self.leases.records[slot as usize];
        let kernel = lease.lessor == KERNEL;
        let info = LeaseInfo {
            handle: LeaseHandle::from_raw(self.leases.handle(slot)),
            parent: if lease.parent == NIL {
                Optional::NONE
            } else {
                Optional::some(LeaseHandle::from_raw(self.leases.handle(lease.parent)))
            },
            lessor: if kernel {
                Optional::NONE
            } else {
                Optional::some(lease.lessor as u32)
            },
            lessee: TaskHandle::from_raw(self.tasks[lease.lessee as usize].handle),
            label: lease.label,
            id: lease.id,
            grants: lease.grants,
            state: lease.state,
            reserved: 0,
            lessor_generation: if kernel {
                0
            } else {
                TaskHandle::from_raw(self.tasks[lease.lessor as usize].handle).generation()
            },
            payload_type: lease.payload_type,
        };
        self.write_record(to, info.as_bytes())
    }

    /// [`Call::GrantInfo`](leasehold_abi::Call::GrantInfo).
    pub(crate) fn grant_info(
        &mut self,
        handle: usize,
        index: usize,
        to: usize,
    ) -> Result<(), Error> {
        let slot = self.held_or_ending(handle).or_else(|_| self.lent(handle))?;
        self.write_grant(slot, index, to)
    }

    /// [`Call::GrantAt`](leasehold_abi::Call::GrantAt).
    pub(crate) fn grant_at(&mut self, handle: usize, index: usize, to: usize) -> Result<(), Error> {
        let slot = self.leases.resolve(handle)?;
        self.write_grant(slot, index, to)
    }

    #[inline(never)]
    fn write_grant(&mut self, slot: u16, index: usize, to: usize) -> Result<(), Error> {
        let grant = self.leases.grant(slot, index)?;
        let record = &self.leases.grants[grant as usize];
        let info = GrantInfo {
            base: record.base as u64,
            length: record.length as u64,
            label: record.label,
            rights: record.rights,
            kind: record.kind,
            claim: record.claim,
            reserved: [0; 6],
        };
        self.write_record(to, info.as_bytes())
    }
}
