//! Lending: a lease is made of parts of what its lessor has (L4), and put in force.
//!
//! A lease has up to [`MOST_PARTS`] of them, so the call is an [operation](super::operation): if an interrupt waits,
//! the rest is left to the reaper. Until the last part is there the lease is a draft, which no task knows of.

use super::operation::{Operation, Phase};
use super::record::{Grant, Lease};
use crate::schedule::bit;
use crate::{Context, Hardware, Kernel, Next};
use core::mem::offset_of;
use leasehold_abi::{
    Error, GrantKind, LeaseState, Lending, MOST_PARTS, Part, Rights, SELF_MEMORY, WHOLE,
};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// [`Call::LeaseLend`](leasehold_abi::Call::LeaseLend).
    ///
    /// `BadAddress` for addresses that are not the caller's or not a word's, `Revoked` for a parent that the caller
    /// does not hold, `Invalid` for an index that names no task or the caller, `Denied` for a task that the manifest
    /// does not let it lend to, `Dead` for one that is not alive, `Exhausted` when the caller's share has no room, or
    /// for too many parts; and what a part gets.
    #[inline(never)]
    pub(crate) fn lease_lend(&mut self, lending: usize, parts: usize, count: usize) -> Next {
        let task = self.current;
        let results = match self.begin_lending(task, lending, parts, count) {
            Err(error) => [error.code(), 0, 0],
            Ok(slot) => match self.add_parts(task, slot, parts, count) {
                // The draft waits in the caller's operation.
                Ok(false) => return self.next(),
                result => self.end_lending(slot, result),
            },
        };
        self.tasks[task].context.set_results(results);
        self.next()
    }

    /// The draft, without parts.
    #[inline(always)]
    fn begin_lending(
        &mut self,
        lessor: usize,
        lending: usize,
        parts: usize,
        count: usize,
    ) -> Result<u16, Error> {
        if count > MOST_PARTS {
            return Err(Error::Exhausted);
        }
        if !(lending | parts).is_multiple_of(size_of::<usize>()) {
            return Err(Error::BadAddress);
        }
        self.check_here(lessor, lending, size_of::<Lending>(), false)?;
        self.check_here(lessor, parts, count * size_of::<Part>(), false)?;
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
        let (label, id) = (
            load(offset_of!(Lending, label)),
            load(offset_of!(Lending, id)),
        );
        let lessee_handle = self.tasks[lessee].handle;
        let task = &mut self.tasks[lessor];
        let slot = self.leases.take_slot(&mut task.share)?;
        task.lent_count += 1;
        let lease = &mut self.leases.records[slot as usize];
        *lease = Lease {
            generation: lease.generation,
            state: LeaseState::Draft,
            lessor: lessor as u8,
            lessee: lessee as u8,
            lessee_handle,
            label: label as u32,
            id: id as u32,
            payload_type: low | high << 32,
            parent,
            ..Lease::EMPTY
        };
        let children = &mut self.leases.records[parent as usize].children;
        children.push(&mut self.leases.siblings, slot);
        Ok(slot)
    }

    /// The reaper's step: go on with a draft.
    #[inline(never)]
    pub(super) fn lending_step(&mut self, task: usize) {
        let operation = &self.tasks[task].operation;
        let (parts, count) = (operation.progress, operation.cursor as usize);
        let results = match self.leases.resolve(operation.lease as usize) {
            Err(error) => [error.code(), 0, 0],
            Ok(slot) => match self.add_parts(task, slot, parts, count) {
                Ok(false) => return,
                result => self.end_lending(slot, result),
            },
        };
        let record = &mut self.tasks[task];
        record.operation.phase = Phase::None;
        record.context.set_results(results);
        self.reaper.operating &= !bit(task);
    }

    /// Put the lease in force, or take the draft back; the call's results.
    fn end_lending(&mut self, slot: u16, result: Result<bool, Error>) -> [usize; 3] {
        match result {
            Ok(_) => {
                let handle = self.leases.handle(slot) as usize;
                self.offer(slot);
                [0, handle, 0]
            }
            Err(error) => {
                self.close_lease(slot);
                [error.code(), 0, 0]
            }
        }
    }

    /// Add parts to the draft in `slot`. Whether that was the last; if not, an interrupt waits, and the rest is the
    /// task's operation.
    #[inline(never)]
    fn add_parts(
        &mut self,
        task: usize,
        slot: u16,
        mut at: usize,
        mut left: usize,
    ) -> Result<bool, Error> {
        let lease = &self.leases.records[slot as usize];
        let (parent, lessee) = (lease.parent, &self.tasks[lease.lessee as usize]);
        if self.leases.records[parent as usize].state != LeaseState::Active {
            return Err(Error::Revoked);
        }
        if lessee.handle != lease.lessee_handle || !lessee.is_alive() {
            return Err(Error::Dead);
        }
        while left != 0 {
            self.add_part(task, slot, parent, at)?;
            left -= 1;
            at += size_of::<Part>();
            if self.hardware.interrupt_pending() {
                self.tasks[task].operation = Operation {
                    phase: Phase::Lend,
                    lease: self.leases.handle(slot),
                    progress: at,
                    cursor: left as u16,
                    ..Operation::NONE
                };
                self.reaper.operating |= bit(task);
                self.reaper.queued_by(task);
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Add the grant that a part stands for. It lies where [`Kernel::begin_lending`] has looked.
    #[inline(always)]
    fn add_part(&mut self, task: usize, slot: u16, parent: u16, at: usize) -> Result<(), Error> {
        let load = |offset| self.hardware.load(at + offset);
        let rights = Rights::from_bits(load(offset_of!(Part, rights)) as u32);
        let rights = rights.ok_or(Error::Invalid)?;
        let range = (
            load(offset_of!(Part, offset)),
            load(offset_of!(Part, length)),
        );
        let source = load(offset_of!(Part, source));
        let own_label = load(offset_of!(Part, label)) as u32;
        let (base, length, kind, label, origin) = if source as u32 == SELF_MEMORY {
            let (base, length) = self.own_range(task, range.0, range.1)?;
            let origin = self.tasks[task].share.arena;
            (base, length, GrantKind::Memory, own_label, origin)
        } else {
            let source = self.leases.grant(parent, source)?;
            let source = &self.leases.grants[source as usize];
            let (base, length) = part_of::<H>(source, range, rights)?;
            let label = if own_label == 0 {
                source.label
            } else {
                own_label
            };
            (base, length, source.kind, label, source.origin)
        };
        let share = &mut self.tasks[task].share;
        let new = self.leases.take_grant(slot, share)?;
        self.leases.grants[new as usize] = Grant {
            base,
            length,
            kind,
            label,
            origin,
            rights,
            ..Grant::EMPTY
        };
        Ok(())
    }
}

/// The first address and length of a part of a grant.
///
/// A part of a window begins and ends on the hardware's granule, unless it ends where its source does: what is lent is
/// what can be protected.
#[inline(always)]
pub(super) fn part_of<H: Hardware>(
    grant: &Grant,
    (offset, length): (usize, usize),
    rights: Rights,
) -> Result<(usize, usize), Error> {
    if !grant.rights.contains(rights | Rights::LEND) {
        return Err(Error::Denied);
    }
    let rest = grant.length.checked_sub(offset).ok_or(Error::Invalid)?;
    let length = if length == WHOLE { rest } else { length };
    if length == 0 || length > rest {
        return Err(Error::Invalid);
    }
    let unit = if grant.kind == GrantKind::Interrupt {
        1
    } else {
        H::GRANULE
    };
    let base = grant.base + offset;
    let fits = |at: usize| at.is_multiple_of(unit);
    // The end of what ends with the address space is 0.
    if (offset != 0 && !fits(base)) || (length != rest && !fits(base.wrapping_add(length))) {
        return Err(Error::Invalid);
    }
    Ok((base, length))
}
