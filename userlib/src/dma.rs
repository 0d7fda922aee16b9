//! Memory that a device accesses itself.
//!
//! A [`DmaPool`] gives out buffers. A [`DmaBuffer`] is either used by both sides at any time, as the queues of a device
//! are, or belongs to one side at a time, which its type says: see [`Ours`] and [`Theirs`].

mod brand;
mod buffer;
mod cache;
mod field;
mod lent;
mod memory;
mod pool;

pub use buffer::{DmaBuffer, Ours, Owner, Reachable, Shared, Theirs};
pub use field::Field;
pub use lent::{DmaView, LentDma};
pub use pool::DmaPool;

use brand::Brand;
use pool::is_pool;

use crate::io::{Claim, Select};
use crate::runtime::{Bound, Device};
use crate::sys::{ClaimMode, Error, GrantKind, Notifications};
use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{Ordering, fence};

/// The right of a device to access memory. For a PCI function, bus mastering is on while this exists. A device of the
/// chip has no such switch: it has the right if the manifest gives it a DMA pool.
pub struct BusMaster<'cap> {
    _claim: Option<Claim>,
    binding: Brand<'cap>,
}

/// Orders all earlier accesses before all later ones, of memory and devices. Use it before the store that starts a
/// device, and after the device has reported that it is done.
#[inline(always)]
pub fn barrier() {
    fence(Ordering::SeqCst);
    #[cfg(any(target_arch = "riscv64", target_arch = "riscv32"))]
    // SAFETY: a fence changes nothing. `fence(SeqCst)` orders memory only.
    unsafe {
        core::arch::asm!("fence iorw, iorw", options(nostack));
    }
}

impl<'cap> Device<'cap, Bound> {
    /// Lets the device be a bus master.
    ///
    /// # Errors
    /// `NoDevice` when the manifest does not allow it, `Busy` when it is a PCI function that is one already, `Revoked`.
    pub fn bus_master(&self) -> Result<BusMaster<'cap>, Error> {
        let kind = GrantKind::BusMaster;
        let claim = Claim::new(
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

impl fmt::Debug for BusMaster<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BusMaster")
    }
}

#[cfg(test)]
mod tests;
