//! From a lease's handle to its slot, for somebody who may use it.

use super::table::ROOT;
use crate::{Hardware, Kernel};
use leasehold_abi::{Error, LeaseState, RevokeMode};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// A lease that the current task holds and that is in force.
    #[inline(never)]
    pub(crate) fn held(&self, handle: usize) -> Result<u16, Error> {
        self.held_by(self.current, handle)
    }

    /// A lease that a task holds and that is in force.
    #[inline(always)]
    pub(super) fn held_by(&self, task: usize, handle: usize) -> Result<u16, Error> {
        match self.leases.named(handle)? {
            (slot, lease) if lease.state == LeaseState::Active && lease.lessee as usize == task => {
                Ok(slot)
            }
            _ => Err(Error::Revoked),
        }
    }

    /// A lease that the current task holds and has not released; it may be ending.
    #[inline(never)]
    pub(crate) fn held_or_ending(&self, handle: usize) -> Result<u16, Error> {
        match self.leases.named(handle)? {
            (slot, lease)
                if matches!(lease.state, LeaseState::Active | LeaseState::Ending)
                    && lease.lessee as usize == self.current =>
            {
                Ok(slot)
            }
            _ => Err(Error::Revoked),
        }
    }

    /// A lease that the current task lent, in any state but free.
    #[inline(always)]
    pub(crate) fn lent(&self, handle: usize) -> Result<u16, Error> {
        // A free slot has no lessor.
        match self.leases.named(handle)? {
            (slot, lease) if lease.lessor as usize == self.current => Ok(slot),
            _ => Err(Error::Revoked),
        }
    }

    /// [`Call::LeaseRevoke`](leasehold_abi::Call::LeaseRevoke). The root is nobody's to revoke.
    #[inline(always)]
    pub(crate) fn lease_revoke(&mut self, handle: usize, mode: usize) -> Result<(), Error> {
        let mode = match mode {
            0 => RevokeMode::Orderly,
            1 => RevokeMode::Hard,
            _ => return Err(Error::Invalid),
        };
        let slot = self.lent(handle)?;
        let now = self.hardware.now();
        self.end_lease(slot, now, mode);
        let lease = &self.leases.records[slot as usize];
        // With work left, the reaper sets the alarm.
        if self.reaper.is_idle() && lease.state == LeaseState::Ending {
            self.alarm_by(lease.deadline);
        }
        Ok(())
    }

    /// [`Call::LeaseRelease`](leasehold_abi::Call::LeaseRelease). `Denied` for the root.
    pub(crate) fn lease_release(&mut self, handle: usize) -> Result<(), Error> {
        let slot = self.held_or_ending(handle)?;
        if slot == ROOT {
            return Err(Error::Denied);
        }
        self.release_lease(slot, self.current);
        Ok(())
    }
}
