//! Lending: a lease is made of parts of what its lessor has (L4), and is in force at once.
//!
//! A lease has up to [`MOST_PARTS`] of them, so the call is an [operation](super::operation): if an interrupt waits,
//! the rest is left to the reaper. Each part becomes a grant that still counts as free: the first ones of the lessor's
//! share, in their order. The lease is made of them when all are there. So a call that fails, or is cut short by the
//! end of its lessor, leaves nothing to be undone, and nobody sees a lease that is not complete.

use super::links::NIL;
use super::operation::{Operation, Phase};
use super::part::part_of;
use super::record::{Grant, Lease};
use crate::schedule::bit;
use crate::{Context, Hardware, Kernel};
use core::mem::offset_of;
use leasehold_abi::{
    Error, GrantKind, LeaseState, Lending, LentPart, MOST_PARTS, Notifications, PayloadType,
    Rights, SELF_MEMORY,
};

/// Where it is said what is lent.
#[derive(Clone, Copy)]
struct Said {
    /// The address of a [`Lending`].
    lending: usize,
    /// That of the first [`LentPart`].
    parts: usize,
    /// How many there are.
    count: usize,
}

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// [`Call::LeaseLend`](leasehold_abi::Call::LeaseLend).
    ///
    /// `BadAddress` for addresses that are not the caller's or not a word's, `Exhausted` for too many parts; then what
    /// [`Kernel::lend_on`] says.
    #[inline(never)]
    pub(crate) fn lease_lend(&mut self, lending: usize, parts: usize, count: usize) {
        let task = self.current;
        let results = match self.check_said(task, lending, parts, count) {
            Err(error) => Some([error.code(), 0, 0]),
            Ok(said) => {
                let parent = self.hardware.load(lending + offset_of!(Lending, parent));
                self.lend_on(task, parent, said, (0, NIL))
            }
        };
        if let Some(results) = results {
            self.tasks[task].context.set_results(results);
        }
        self.choose_shared();
    }

    #[inline(always)]
    fn check_said(
        &self,
        lessor: usize,
        lending: usize,
        parts: usize,
        count: usize,
    ) -> Result<Said, Error> {
        if count > MOST_PARTS {
            return Err(Error::Exhausted);
        }
        if !(lending | parts).is_multiple_of(size_of::<usize>()) {
            return Err(Error::BadAddress);
        }
        self.check_here(lessor, lending, size_of::<Lending>(), false)?;
        self.check_here(lessor, parts, count * size_of::<LentPart>(), false)?;
        Ok(Said {
            lending,
            parts,
            count,
        })
    }

    /// The reaper's step.
    #[inline(never)]
    pub(super) fn lending_step(&mut self, task: usize) {
        let record = &self.tasks[task];
        let Operation {
            lease: parent,
            progress: parts,
            outcome: lending,
            count,
            cursor,
            twin,
            epoch,
            ..
        } = record.operation;
        // Grants that came back meanwhile are the first ones now: begin anew. That is at most as often as the lessor
        // has leases out.
        let made = if epoch == record.share.grants as u32 {
            (cursor as usize, twin)
        } else {
            (0, NIL)
        };
        let said = Said {
            lending,
            parts,
            count: count as usize,
        };
        if let Some(results) = self.lend_on(task, parent as usize, said, made) {
            let record = &mut self.tasks[task];
            record.operation.phase = Phase::None;
            record.context.set_results(results);
            self.reaper.operating &= !bit(task);
        }
    }

    /// Make the rest of the grants, and lend. So many are made already, and that one was the last. The call's results,
    /// or None if an interrupt waits: the rest is the task's operation.
    ///
    /// `Revoked` for a parent that the caller does not hold, what a part gets, `Exhausted` when the caller's share has
    /// no grant or slot, `Invalid` for an index that names no task or the caller, `Denied` for a task that the manifest
    /// does not let it lend to, `Dead` for one that is not alive.
    #[inline(never)]
    fn lend_on(
        &mut self,
        task: usize,
        parent: usize,
        said: Said,
        (mut made, mut last): (usize, u16),
    ) -> Option<[usize; 3]> {
        let slot = match self.held_by(task, parent) {
            Ok(slot) => slot,
            Err(error) => return Some([error.code(), 0, 0]),
        };
        let first = self.tasks[task].share.grants;
        let mut free = match self.leases.grants.get(last as usize) {
            Some(last) => last.next,
            None => first,
        };
        while made != said.count {
            let at = said.parts + made * size_of::<LentPart>();
            let next = match self.make_grant(task, slot, at, free) {
                Ok(next) => next,
                Err(error) => return Some([error.code(), 0, 0]),
            };
            (last, free) = (free, next);
            made += 1;
            if self.hardware.interrupt_pending() {
                self.tasks[task].operation = Operation {
                    phase: Phase::Lend,
                    lease: parent as u32,
                    progress: said.parts,
                    outcome: said.lending,
                    count: said.count as u16,
                    cursor: made as u16,
                    twin: last,
                    epoch: first as u32,
                    ..Operation::NONE
                };
                self.reaper.operating |= bit(task);
                self.reaper.queued_by(task);
                return None;
            }
        }
        let grants = if made == 0 { NIL } else { first };
        Some(match self.lend(task, slot, said, (grants, last, free)) {
            Ok(handle) => [0, handle, 0],
            Err(error) => [error.code(), 0, 0],
        })
    }

    /// Make `free` the grant that a part stands for; the next free one. The part lies where [`Kernel::check_said`] has
    /// looked.
    #[inline(always)]
    fn make_grant(&mut self, task: usize, parent: u16, at: usize, free: u16) -> Result<u16, Error> {
        let load = |offset| self.hardware.load(at + offset);
        let rights = Rights::from_bits(load(offset_of!(LentPart, rights)) as u32);
        let rights = rights.ok_or(Error::Invalid)?;
        let range = (
            load(offset_of!(LentPart, offset)),
            load(offset_of!(LentPart, length)),
        );
        let source = load(offset_of!(LentPart, source));
        let own_label = load(offset_of!(LentPart, label)) as u32;
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
        let place = self.leases.grants.get_mut(free as usize);
        let place = place.ok_or(Error::Exhausted)?;
        let next = place.next;
        *place = Grant {
            base,
            length,
            kind,
            label,
            origin,
            rights,
            next,
            claims: place.claims,
            ..Grant::EMPTY
        };
        Ok(next)
    }

    /// Make a lease of the grants from the first to the last, behind which the free ones begin; put it in force, and
    /// tell its lessee.
    #[inline(always)]
    fn lend(
        &mut self,
        lessor: usize,
        parent: u16,
        Said { lending, count, .. }: Said,
        (first_grant, last_grant, free): (u16, u16, u16),
    ) -> Result<usize, Error> {
        let load = |offset| self.hardware.load(lending + offset);
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
        let halves = offset_of!(Lending, payload_type);
        let payload_type = [load(halves), load(halves + size_of::<usize>())];
        let (label, id) = (
            load(offset_of!(Lending, label)),
            load(offset_of!(Lending, id)),
        );
        let task = &mut self.tasks[lessor];
        let slot = self.leases.take_slot(&mut task.share)?;
        task.share.grants = free;
        task.lent_count += 1;
        let lease = &mut self.leases.records[slot as usize];
        *lease = Lease {
            generation: lease.generation,
            lessor: lessor as u8,
            lessee: lessee as u8,
            label: label as u32,
            id: id as u32,
            payload_type: PayloadType::from_halves(payload_type),
            parent,
            first_grant,
            last_grant,
            grants: count as u16,
            ..Lease::EMPTY
        };
        let children = &mut self.leases.records[parent as usize].children;
        children.push(&mut self.leases.siblings, slot);
        self.offer(slot);
        Ok(self.leases.handle(slot) as usize)
    }

    /// Put a lease in force, and tell its lessee.
    pub(crate) fn offer(&mut self, slot: u16) {
        let lease = &mut self.leases.records[slot as usize];
        lease.state = LeaseState::Active;
        lease.offered = true;
        let lessee = lease.lessee as usize;
        let task = &mut self.tasks[lessee];
        task.held_count += 1;
        task.leases.offered.push(&mut self.leases.records, slot);
        self.post(lessee, Notifications::LEASE);
    }
}
