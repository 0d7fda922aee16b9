//! The root lease: every resource of the board, and lending parts of it.

use leasehold_abi::{Error, GrantInfo, GrantKind, LeaseHandle, Rights, WHOLE, label};
use userlib::sys;

/// A part of a grant, to be lent.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// What kind of resource.
    pub kind: GrantKind,
    /// First address, or interrupt line.
    pub base: u64,
    /// Length in bytes; 1 for an interrupt.
    pub length: u64,
    /// What the lessee may do with it, if the supervisor may.
    pub rights: Rights,
    /// Name of the new grant.
    pub name: &'a str,
}

/// The lease that the kernel gave the supervisor at boot.
#[derive(Clone, Copy, Debug)]
pub struct Root {
    lease: LeaseHandle,
}

impl Root {
    /// The root lease `lease`.
    ///
    /// # Errors
    /// `Revoked` for anything else.
    pub fn new(lease: LeaseHandle) -> Result<Self, Error> {
        sys::lease_info(lease)?;
        Ok(Self { lease })
    }

    /// Its handle.
    pub fn handle(&self) -> LeaseHandle {
        self.lease
    }

    /// About grant `index`.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn grant(&self, index: usize) -> Result<GrantInfo, Error> {
        sys::grant_info(self.lease, index)
    }

    /// The one of the grants `among` of this kind that covers `length` bytes at `base`, and where in it they are.
    ///
    /// # Errors
    /// `NotFound`: the board has no such resource.
    pub fn covering(
        &self,
        among: &[u16],
        kind: GrantKind,
        base: u64,
        length: u64,
    ) -> Result<(usize, u64), Error> {
        for index in among.iter().copied().map(usize::from) {
            let info = self.grant(index)?;
            let offset = base.wrapping_sub(info.base);
            let inside = base >= info.base
                && offset
                    .checked_add(length)
                    .is_some_and(|end| end <= info.length);
            if info.kind == kind && inside {
                return Ok((index, offset));
            }
        }
        Err(Error::NotFound)
    }

    /// Puts all of grant `index` into a draft, under its own name.
    ///
    /// # Errors
    /// `NotFound`, `Exhausted`.
    pub fn lend_whole(&self, draft: LeaseHandle, index: usize) -> Result<usize, Error> {
        let rights = self.grant(index)?.rights;
        sys::lease_add(draft, self.lease, index, 0, WHOLE, rights)
    }

    /// Puts `length` bytes at `base` (or an interrupt line), which must be in one of the grants
    /// `among`, into a draft under `name`.
    ///
    /// # Errors
    /// `NotFound`, `Exhausted`.
    pub fn lend(&self, draft: LeaseHandle, among: &[u16], part: Part<'_>) -> Result<(), Error> {
        let Part {
            kind,
            base,
            length,
            rights,
            name,
        } = part;
        let (grant, offset) = self.covering(among, kind, base, length)?;
        let has = self.grant(grant)?.rights;
        let (offset, length) = (offset as usize, length as usize);
        let index = sys::lease_add(draft, self.lease, grant, offset, length, rights & has)?;
        sys::grant_label(draft, index, label(name))
    }
}
