//! The right of a device to access memory itself.

use super::brand::Brand;
use crate::io::{ClaimGuard, Select};
use crate::runtime::{Bound, Device};
use crate::sys::{ClaimMode, Error, GrantInfo, GrantKind, Notifications};
use core::fmt;
use core::marker::PhantomData;

/// The right of a device to access memory. For a PCI function, bus mastering is on while this exists. A device of the
/// chip has no such switch: it has the right if the manifest gives it a DMA pool.
pub struct BusMaster<'cap> {
    _claim: Option<ClaimGuard>,
    binding: Brand<'cap>,
}

impl<'cap> Device<'cap, Bound> {
    /// Lets the device be a bus master.
    ///
    /// # Errors
    /// `NoDevice` when the manifest does not allow it, `Busy` when it is a PCI function that is one already, `Revoked`.
    pub fn bus_master(&self) -> Result<BusMaster<'cap>, Error> {
        let kind = GrantKind::BusMaster;
        let claim = ClaimGuard::new(
            self,
            kind,
            Select::Index(0),
            ClaimMode::Exclusive,
            Notifications::empty(),
        );
        let claim = match claim {
            Ok((claim, ..)) => Some(claim),
            // A function that has a pool has this grant, too.
            Err(Error::NoDevice) if self.live()?.grants().any(|(_, grant)| is_pool(&grant)) => None,
            Err(error) => return Err(error),
        };
        Ok(BusMaster {
            _claim: claim,
            binding: PhantomData,
        })
    }
}

/// Whether a grant is a pool.
pub(super) fn is_pool(grant: &GrantInfo) -> bool {
    const POOL: u32 = leasehold_abi::label(leasehold_abi::names::POOL);
    grant.kind == GrantKind::Memory && grant.label == POOL
}

impl fmt::Debug for BusMaster<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BusMaster")
    }
}
