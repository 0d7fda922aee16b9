//! Drafts: a lease is opened, filled, and offered.
//!
//! A grant is a part of one that the lessor holds, or of its own arena (L4).

use super::lend::part_of;
use super::record::{Grant, Lease};
use crate::schedule::bit;
use crate::{Hardware, Kernel};
use leasehold_abi::{Error, GrantKind, LeaseState, Notifications, Rights, SELF_MEMORY};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// [`Call::LeaseOpen`](leasehold_abi::Call::LeaseOpen).
    ///
    /// `Revoked` for a parent that the caller does not hold, `Invalid` for an index that names
    /// no task or the caller, `Denied` for a task that the manifest does not let it lend to,
    /// `Dead` for one that is not alive, `Exhausted` when no slot of the caller's share is free.
    pub(crate) fn lease_open(&mut self, arguments: [usize; 6]) -> Result<usize, Error> {
        let [parent, lessee, label, id, low, high] = arguments;
        let parent = self.held(parent)?;
        let lessor = self.current;
        let lessee = self.task_index(lessee)?;
        if lessee == lessor {
            return Err(Error::Invalid);
        }
        if lessee != 0 && self.config_of(lessor).lends & bit(lessee) == 0 {
            return Err(Error::Denied);
        }
        if !self.tasks[lessee].is_alive() {
            return Err(Error::Dead);
        }
        let lease = Lease {
            state: LeaseState::Draft,
            lessor: lessor as u8,
            lessee: lessee as u8,
            lessee_handle: self.tasks[lessee].handle,
            label: label as u32,
            id: id as u32,
            payload_type: low as u32 as u64 | (high as u32 as u64) << 32,
            parent,
            ..Lease::EMPTY
        };
        let task = &mut self.tasks[lessor];
        let slot = self.leases.open(&mut task.share, lease)?;
        task.lent_count += 1;
        let children = &mut self.leases.records[parent as usize].children;
        children.push(&mut self.leases.siblings, slot);
        Ok(self.leases.handle(slot) as usize)
    }

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
        let grant = if source as u32 == SELF_MEMORY {
            let (base, length) = self.own_range(self.current, offset, length)?;
            Grant {
                base,
                length,
                kind: GrantKind::Memory,
                origin: self.tasks[self.current].share.arena,
                rights,
                ..Grant::EMPTY
            }
        } else {
            if self.held(source)? != parent {
                return Err(Error::Invalid);
            }
            self.part(parent, index, (offset, length), rights)?
        };
        let share = &mut self.tasks[self.current].share;
        self.leases.add(slot, share, grant)
    }

    /// A part of a grant of the lease in `slot`.
    fn part(
        &self,
        slot: u16,
        index: usize,
        (offset, length): (usize, usize),
        rights: Rights,
    ) -> Result<Grant, Error> {
        let grant = self.leases.grant(slot, index)?;
        let grant = &self.leases.grants[grant as usize];
        let (base, length) = part_of::<H>(grant, (offset, length), rights)?;
        Ok(Grant {
            base,
            length,
            kind: grant.kind,
            label: grant.label,
            origin: grant.origin,
            rights,
            ..Grant::EMPTY
        })
    }

    /// A range of a task's arena.
    #[inline(never)]
    pub(super) fn own_range(
        &self,
        task: usize,
        base: usize,
        length: usize,
    ) -> Result<(usize, usize), Error> {
        let arena = self.config_of(task).arena;
        let (first, size) = (arena.base(), arena.length());
        let offset = base.wrapping_sub(first);
        if offset >= size || length > size - offset {
            return Err(Error::BadAddress);
        }
        let granules = base.is_multiple_of(H::GRANULE) && length.is_multiple_of(H::GRANULE);
        if length == 0 || !granules {
            return Err(Error::Invalid);
        }
        Ok((base, length))
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

    /// [`Call::LeaseOffer`](leasehold_abi::Call::LeaseOffer).
    ///
    /// `Revoked` when the caller no longer holds the parent, `Dead` when the life that the
    /// draft was opened for is over (the draft stays; revoke it).
    pub(crate) fn lease_offer(&mut self, handle: usize) -> Result<(), Error> {
        let slot = self.draft(handle)?;
        let lease = &self.leases.records[slot as usize];
        if self.leases.records[lease.parent as usize].state != LeaseState::Active {
            return Err(Error::Revoked);
        }
        let task = &self.tasks[lease.lessee as usize];
        if task.handle != lease.lessee_handle || !task.is_alive() {
            return Err(Error::Dead);
        }
        self.offer(slot);
        Ok(())
    }

    /// Put a lease in force, and tell its lessee.
    pub(crate) fn offer(&mut self, slot: u16) {
        let lease = &mut self.leases.records[slot as usize];
        lease.state = LeaseState::Active;
        lease.offered = true;
        let lessee = lease.lessee as usize;
        let task = &mut self.tasks[lessee];
        task.held_count += 1;
        task.leases.offered.push(&mut self.leases.by_lessee, slot);
        self.post(lessee, Notifications::LEASE);
    }
}
