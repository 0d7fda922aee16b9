//! The root lease: every resource of the board, and lending parts of it.

use leasehold_abi::{Error, GrantInfo, GrantKind, LeaseHandle, Rights, WHOLE, label};
use userlib::sys::{self, MOST_PARTS};

/// What goes into a lease.
pub(crate) type Parts = heapless::Vec<sys::LentPart, MOST_PARTS>;

/// What is to be lent, by where it is.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'a> {
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
    /// `Revoked` if it is not the root lease.
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

    /// All of grant `index`, to be lent under its own name.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn whole(&self, index: usize) -> Result<sys::LentPart, Error> {
        Ok(sys::LentPart::new(
            index,
            0,
            WHOLE,
            self.grant(index)?.rights,
        ))
    }

    /// A resource, which must be in one of the grants `among`, to be lent under `name`.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn part(&self, among: &[u16], resource: Resource<'_>) -> Result<sys::LentPart, Error> {
        let Resource {
            kind,
            base,
            length,
            rights,
            name,
        } = resource;
        let (grant, offset) = self.covering(among, kind, base, length)?;
        let has = self.grant(grant)?.rights;
        let (offset, length) = (offset as usize, length as usize);
        Ok(sys::LentPart::new(grant, offset, length, rights & has).named(label(name)))
    }
}
