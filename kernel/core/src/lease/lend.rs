//! Lending: a lease is made of parts of what its lessor has (L4), and put in force.
//!
//! A lease has up to [`MOST_PARTS`] of them, so the call is an [operation](super::operation): if an interrupt waits,
//! the rest is left to the reaper. Until the last part is there the lease is a draft, which no task knows of.

use super::operation::{Operation, Phase};
use super::record::{Grant, Lease};
use crate::schedule::bit;
use crate::{Hardware, Kernel};
use core::mem::offset_of;
use leasehold_abi::{Error, GrantKind, LeaseState, Lending, MOST_PARTS, Part, Rights, SELF_MEMORY};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// [`Call::LeaseLend`](leasehold_abi::Call::LeaseLend). None: it goes on in the reaper, which answers.
    ///
    /// `BadAddress` for addresses that are not the caller's or not a word's, `Revoked` for a parent that the caller
    /// does not hold, `Invalid` for an index that names no task or the caller, `Denied` for a task that the manifest
    /// does not let it lend to, `Dead` for one that is not alive, `Exhausted` when the caller's share has no room, or
    /// for too many parts; and what a part gets.
    #[inline(never)]
    pub(crate) fn lease_lend(
        &mut self,
        lending: usize,
        parts: usize,
        count: usize,
    ) -> Option<Result<usize, Error>> {
        match self.begin_lending(lending, parts, count) {
            Ok(()) => self.operate(self.current),
            Err(error) => Some(Err(error)),
        }
    }

    #[inline(always)]
    fn begin_lending(&mut self, lending: usize, parts: usize, count: usize) -> Result<(), Error> {
        if count > MOST_PARTS {
            return Err(Error::Exhausted);
        }
        let lessor = self.current;
        if !(lending | parts).is_multiple_of(size_of::<usize>()) {
            return Err(Error::BadAddress);
        }
        self.check(lessor, lending, size_of::<Lending>(), false)?;
        self.check(lessor, parts, count * size_of::<Part>(), false)?;
        let load = |offset| self.hardware.load(lending + offset);
        let parent = self.held(load(offset_of!(Lending, parent)))?;
        let lessee = self.task_index(load(offset_of!(Lending, lessee)))?;
        if lessee == lessor {
            return Err(Error::Invalid);
        }
        if lessee != 0 && self.config_of(lessor).lends & bit(lessee) == 0 {
            return Err(Error::Denied);
        }
        if !self.tasks[lessee].is_alive() {
            return Err(Error::Dead);
        }
        let [low, high] = [0, 1].map(|half| {
            load(offset_of!(Lending, payload_type) + half * size_of::<usize>()) as u32 as u64
        });
        let lease = Lease {
            state: LeaseState::Draft,
            lessor: lessor as u8,
            lessee: lessee as u8,
            lessee_handle: self.tasks[lessee].handle,
            label: load(offset_of!(Lending, label)) as u32,
            id: load(offset_of!(Lending, id)) as u32,
            payload_type: low | high << 32,
            parent,
            ..Lease::EMPTY
        };
        let task = &mut self.tasks[lessor];
        let slot = self.leases.open(&mut task.share, lease)?;
        task.lent_count += 1;
        task.operation = Operation {
            phase: Phase::Lend,
            lease: self.leases.handle(slot),
            progress: parts,
            cursor: count as u16,
            ..Operation::NONE
        };
        let children = &mut self.leases.records[parent as usize].children;
        children.push(&mut self.leases.siblings, slot);
        Ok(())
    }

    /// Add parts to the draft in `slot` until an interrupt waits (None), or put it in force.
    pub(super) fn lend_step(&mut self, task: usize, slot: u16) -> Option<Result<usize, Error>> {
        let result = self.add_parts(task, slot);
        match result {
            Ok(false) => return None,
            Ok(true) => self.offer(slot),
            Err(_) => self.close_lease(slot),
        }
        let handle = self.tasks[task].operation.lease as usize;
        Some(result.map(|_| handle))
    }

    /// Whether all parts are there.
    #[inline(always)]
    fn add_parts(&mut self, task: usize, slot: u16) -> Result<bool, Error> {
        let lease = &self.leases.records[slot as usize];
        let (parent, lessee) = (lease.parent, &self.tasks[lease.lessee as usize]);
        if self.leases.records[parent as usize].state != LeaseState::Active {
            return Err(Error::Revoked);
        }
        if lessee.handle != lease.lessee_handle || !lessee.is_alive() {
            return Err(Error::Dead);
        }
        loop {
            let operation = &mut self.tasks[task].operation;
            if operation.cursor == 0 {
                return Ok(true);
            }
            let at = operation.progress;
            operation.cursor -= 1;
            operation.progress = at + size_of::<Part>();
            let grant = self.read_part(task, parent, at)?;
            let share = &mut self.tasks[task].share;
            self.leases.add(slot, share, grant)?;
            if self.hardware.interrupt_pending() {
                return Ok(false);
            }
        }
    }

    /// The grant that a part stands for. It lies where [`Kernel::begin_lending`] has looked.
    ///
    /// A part of a window begins and ends on the hardware's granule, unless it ends where its source does: what is lent
    /// is what can be protected.
    #[inline(always)]
    fn read_part(&self, task: usize, parent: u16, at: usize) -> Result<Grant, Error> {
        let load = |offset| self.hardware.load(at + offset);
        let rights = Rights::from_bits(load(offset_of!(Part, rights)) as u32);
        let rights = rights.ok_or(Error::Invalid)?;
        let (offset, length) = (
            load(offset_of!(Part, offset)),
            load(offset_of!(Part, length)),
        );
        let source = load(offset_of!(Part, source));
        let label = load(offset_of!(Part, label)) as u32;
        if source as u32 == SELF_MEMORY {
            let (base, length) = self.own_range(task, offset, length)?;
            return Ok(Grant {
                base,
                length,
                kind: GrantKind::Memory,
                origin: self.tasks[task].share.arena,
                rights,
                label,
                ..Grant::EMPTY
            });
        }
        let grant = self.part(parent, source, (offset, length), rights)?;
        let label = if label == 0 { grant.label } else { label };
        Ok(Grant { label, ..grant })
    }
}
