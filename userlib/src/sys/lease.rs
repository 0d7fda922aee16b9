//! Calls about leases and the grants in them. Lending is in [`lend`](super::lend).

use super::make::make;
use super::{held, status};
use core::ptr;
use leasehold_abi::{
    ClaimMode, Error, GrantInfo, LeaseEvent, LeaseHandle, LeaseInfo, Notifications, RevokeMode,
    arguments,
};
use zerocopy::FromZeros;

/// Ends a lease that the caller lent, and all that is derived from it.
///
/// # Errors
/// `Revoked` once it is over.
pub fn lease_revoke(lease: LeaseHandle, mode: RevokeMode) -> Result<(), Error> {
    // SAFETY: no argument is an address.
    let [code, ..] = unsafe {
        make(arguments::LeaseRevoke {
            lease: lease.register(),
            mode: mode as usize,
        })
    };
    status(code)
}

/// Releases a lease.
///
/// # Errors
/// `Revoked` when the caller does not hold it; `Denied` for the lease of a bound device: the runtime releases that when
/// the binding is over.
pub fn lease_release(lease: LeaseHandle) -> Result<(), Error> {
    if held::is_held(lease) {
        return Err(Error::Denied);
    }
    release(lease)
}

/// As [`lease_release`], of any lease: for the runtime.
///
/// # Errors
/// `Revoked` when the caller does not hold it.
pub(crate) fn release(lease: LeaseHandle) -> Result<(), Error> {
    // SAFETY: no argument is an address.
    let [code, ..] = unsafe {
        make(arguments::LeaseRelease {
            lease: lease.register(),
        })
    };
    status(code)
}

/// The caller's next lease event, if there is one.
pub fn lease_event() -> Option<(LeaseEvent, LeaseHandle)> {
    // SAFETY: no argument.
    let [code, event, handle] = unsafe { make(arguments::LeaseEvent {}) };
    if code != 0 {
        return None;
    }
    Some((
        LeaseEvent::from_code(event)?,
        LeaseHandle::from_raw(handle as u32),
    ))
}

/// About a lease that the caller holds or lent.
///
/// # Errors
/// `Revoked` once it is over.
pub fn lease_info(lease: LeaseHandle) -> Result<LeaseInfo, Error> {
    let mut info = LeaseInfo::new_zeroed();
    let record = ptr::from_mut(&mut info).expose_provenance();
    // SAFETY: the kernel writes one valid `LeaseInfo` there.
    let [code, ..] = unsafe {
        make(arguments::LeaseInfo {
            lease: lease.register(),
            record,
        })
    };
    status(code)?;
    Ok(info)
}

/// About a grant of a lease that the caller holds or lent.
///
/// # Errors
/// `Revoked`, `NotFound` past the last.
pub fn grant_info(lease: LeaseHandle, grant: usize) -> Result<GrantInfo, Error> {
    let mut info = GrantInfo::new_zeroed();
    let record = ptr::from_mut(&mut info).expose_provenance();
    // SAFETY: the kernel writes one valid `GrantInfo` there.
    let [code, ..] = unsafe {
        make(arguments::GrantInfo {
            lease: lease.register(),
            grant,
            record,
        })
    };
    status(code)?;
    Ok(info)
}

/// Starts using a grant; gives the address of its window (0 for what has none).
/// An interrupt posts `bits` when it comes.
///
/// # Errors
/// `Busy` (there is an exclusive claim), `Revoked`, `NotFound`, `Exhausted`.
pub fn grant_claim(
    lease: LeaseHandle,
    grant: usize,
    mode: ClaimMode,
    bits: Notifications,
) -> Result<usize, Error> {
    // SAFETY: no argument is an address; the new window overlaps nothing that this task has.
    let [code, base, _] = unsafe {
        make(arguments::GrantClaim {
            lease: lease.register(),
            grant,
            mode: mode as usize,
            bits: bits.register(),
        })
    };
    status(code)?;
    Ok(base)
}

/// Stops using a grant.
///
/// # Errors
/// `Revoked`, `NotFound`; `Denied` in the lease of a bound device: the owner of the claim ends it when it is dropped.
pub fn grant_unclaim(lease: LeaseHandle, grant: usize) -> Result<(), Error> {
    if held::is_held(lease) {
        return Err(Error::Denied);
    }
    unclaim(lease, grant)
}

/// As [`grant_unclaim`], in any lease: for the owners of claims.
///
/// # Errors
/// `Revoked`, `NotFound`.
pub(crate) fn unclaim(lease: LeaseHandle, grant: usize) -> Result<(), Error> {
    // SAFETY: windows are reached through pointers only; see the module `sys`.
    let [code, ..] = unsafe {
        make(arguments::GrantUnclaim {
            lease: lease.register(),
            grant,
        })
    };
    status(code)
}

/// Lets a claimed interrupt come again.
///
/// # Errors
/// `Revoked`, `NotFound`, `Invalid` (not claimed).
#[inline(always)]
pub fn interrupt_acknowledge(lease: LeaseHandle, grant: usize) -> Result<(), Error> {
    // SAFETY: no argument is an address.
    let [code, ..] = unsafe {
        make(arguments::InterruptAcknowledge {
            lease: lease.register(),
            grant,
        })
    };
    status(code)
}

/// Reads 4 bytes of PCI configuration space at `offset`, a multiple of 4, of a grant, claimed or not.
///
/// # Errors
/// `Revoked`, `NotFound`, `Invalid` (range, alignment), `Denied` (no right to read).
pub fn config_read(lease: LeaseHandle, grant: usize, offset: usize) -> Result<u32, Error> {
    // SAFETY: no argument is an address.
    let [code, value, _] = unsafe {
        make(arguments::ConfigRead {
            lease: lease.register(),
            grant,
            offset,
        })
    };
    status(code).map(|()| value as u32)
}

/// Writes `width` (1, 2, 4) bytes of PCI configuration space at `offset` of a grant of the root lease, or of one that
/// has the right to write and not that to read.
///
/// # Errors
/// `Revoked`, `NotFound`, `Invalid` (range, alignment), `Denied` (any other grant).
pub fn config_write(
    lease: LeaseHandle,
    grant: usize,
    offset: usize,
    width: usize,
    value: u32,
) -> Result<(), Error> {
    // SAFETY: no argument is an address.
    let [code, ..] = unsafe {
        make(arguments::ConfigWrite {
            lease: lease.register(),
            grant,
            offset,
            width,
            value: value as usize,
        })
    };
    status(code)
}
