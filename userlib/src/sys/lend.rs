//! Lending: a lease is made of parts of what this task has.

use super::make::make;
use super::status;
use core::ptr;
use leasehold_abi::{Error, LeaseHandle, Lending, PayloadType, Rights, SELF_MEMORY, arguments};

/// A part of what this task has, to be lent.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct LentPart(leasehold_abi::LentPart);

impl LentPart {
    /// `length` bytes (or lines) of grant `source` of the parent, from `offset` on.
    /// [`WHOLE`](leasehold_abi::WHOLE) means all from there on.
    pub const fn new(source: usize, offset: usize, length: usize, rights: Rights) -> Self {
        // No lease has so many grants, and own memory is not lent by a number.
        let source = if source < SELF_MEMORY as usize {
            source
        } else {
            SELF_MEMORY as usize - 1
        };
        Self(leasehold_abi::LentPart {
            source,
            offset,
            length,
            rights: rights.bits() as usize,
            label: 0,
        })
    }

    /// Own arena memory.
    ///
    /// # Safety
    /// Until a lease with this part is over, this task accesses those bytes only by volatile or atomic accesses through
    /// pointers. If `WRITE` is among the rights, it must accept any value from them.
    pub const unsafe fn own(address: usize, length: usize, rights: Rights) -> Self {
        Self(leasehold_abi::LentPart {
            source: SELF_MEMORY as usize,
            offset: address,
            length,
            rights: rights.bits() as usize,
            label: 0,
        })
    }

    /// The same, under a name, by its hash. Without it, it has the source's.
    #[must_use]
    pub const fn named(self, label: u32) -> Self {
        Self(leasehold_abi::LentPart {
            label: label as usize,
            ..self.0
        })
    }
}

/// Lends `parts` of `parent` and of own memory to the task with index `lessee`. `label` and `id` name the device,
/// `payload_type` says what its payload is. After an error nothing is lent.
///
/// # Errors
/// `Revoked`: the caller does not hold `parent`. `Denied`: it may not lend to that task, or has not the rights.
/// `Dead`: that task is not alive. `NotFound`: no such grant. `Invalid`: a range that is empty, too long, or not what
/// the protection hardware can tell apart. `BadAddress`: outside the arena. `Exhausted`: more than
/// [`MOST_PARTS`](leasehold_abi::MOST_PARTS) parts, or no room in the kernel's tables.
pub fn lease_lend(
    parent: LeaseHandle,
    lessee: usize,
    label: u32,
    id: u32,
    payload_type: PayloadType,
    parts: &[LentPart],
) -> Result<LeaseHandle, Error> {
    let lending = Lending {
        parent: parent.raw() as usize,
        lessee,
        label: label as usize,
        id: id as usize,
        payload_type: payload_type.halves(),
    };
    // SAFETY: the kernel only reads there. What becomes of own memory is the promise of `LentPart::own`.
    let [code, handle, _] = unsafe {
        make(arguments::LeaseLend {
            lending: ptr::from_ref(&lending).expose_provenance(),
            parts: parts.as_ptr().expose_provenance(),
            count: parts.len(),
        })
    };
    status(code)?;
    Ok(LeaseHandle::from_raw(handle as u32))
}
