//! Claiming a grant, and ending the claim.

use super::{Select, limit};
use crate::runtime::{Bound, Device, Plain, Task, is_reached_elsewhere};
use crate::sys::{self, ClaimMode, Error, GrantInfo, GrantKind, LeaseHandle, Notifications};

/// A grant that is claimed; dropped, it is unclaimed.
pub(crate) struct ClaimGuard {
    device: Device<'static, Plain>,
    lease: LeaseHandle,
    index: usize,
}

impl ClaimGuard {
    /// Claims a grant of `kind`. Returns the grant's information and the address of its window.
    ///
    /// # Errors
    /// `NoDevice` without such a grant; `Busy` while another task, or this one, has a claim that excludes this one, and
    /// while another binding of this task has claimed the same bytes; `Exhausted` for one window more than the manifest
    /// allows; `Revoked`.
    pub(crate) fn new(
        device: &Device<'_, Bound>,
        kind: GrantKind,
        select: Select<'_>,
        mode: ClaimMode,
        bits: Notifications,
    ) -> Result<(Self, GrantInfo, usize), Error> {
        let slot = device.live()?;
        let (index, info) = slot.find(kind, &select)?;
        if info.is_claimed() || is_reached_elsewhere(Task::current(), device.slot_index(), &info) {
            slot.busy.set(Some(index as u32));
            return Err(Error::Busy);
        }
        if limit::is_window(kind) {
            limit::check(slot)?;
        }
        let lease = slot.lease.get();
        let base = sys::grant_claim(lease, index, mode, bits)
            .inspect_err(|_| slot.busy.set(Some(index as u32)))?;
        Ok((
            Self {
                device: device.plain(),
                lease,
                index,
            },
            info,
            base,
        ))
    }

    /// The device that it is of.
    pub(crate) const fn device(&self) -> Device<'static, Plain> {
        self.device
    }

    /// The lease and the grant's index in it.
    pub(crate) const fn grant(&self) -> (LeaseHandle, usize) {
        (self.lease, self.index)
    }
}

impl Drop for ClaimGuard {
    fn drop(&mut self) {
        // `Revoked` when the lease is over: then the kernel has already ended the claim.
        let _ = sys::unclaim(self.lease, self.index);
    }
}
