//! A lease that is being put together: dropped before it is offered, it is gone.

use super::window::SubWindow;
use crate::lend::Granules;
use crate::sys::{self, Error, LeaseHandle, RevokeMode, Rights};
use core::mem::ManuallyDrop;

/// Index of the supervisor, which passes auxiliary devices on to those whom the manifest names.
const SUPERVISOR: usize = 0;

/// The lease, which nobody but this task sees yet.
pub(super) struct Draft(LeaseHandle);

impl Draft {
    /// Begins a lease under `parent`.
    pub(super) fn open(
        parent: LeaseHandle,
        label: u32,
        id: u32,
        payload_type: u64,
    ) -> Result<Self, Error> {
        sys::lease_open(parent, SUPERVISOR, label, id, payload_type).map(Self)
    }

    /// Adds arena memory of this task.
    pub(super) fn add_own(
        &self,
        memory: Granules,
        rights: Rights,
        name: &str,
    ) -> Result<(), Error> {
        let address = memory.base.as_ptr().expose_provenance();
        // SAFETY: arena memory is only reached through pointers, by volatile and atomic accesses.
        let index = unsafe { sys::lease_add_own(self.0, address, memory.length(), rights)? };
        sys::grant_label(self.0, index, sys::label(name))
    }

    /// Adds a part of a window that this task has on lease.
    pub(super) fn add_window(&self, window: &SubWindow, name: &str) -> Result<(), Error> {
        let (offset, length) = (window.offset, window.length);
        let rights = window.rights | Rights::LEND;
        let index = sys::lease_add(self.0, window.lease, window.grant, offset, length, rights)?;
        sys::grant_label(self.0, index, sys::label(name))
    }

    /// Puts it in force.
    pub(super) fn offer(self) -> Result<LeaseHandle, Error> {
        sys::lease_offer(self.0)?;
        Ok(ManuallyDrop::new(self).0)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // A draft ends at once. `Revoked`: the binding's lease is over, and the draft went with it.
        let _ = sys::lease_revoke(self.0, RevokeMode::Orderly);
    }
}
