//! What a part of a lease may be: a part of a grant that the lessor holds, or of its own arena (L4).
//!
//! It begins and ends on the hardware's granule, unless it ends where its source does: what is lent is what can be
//! protected. What is not mapped has a unit of its own.

use super::record::Grant;
use crate::{Hardware, Kernel};
use leasehold_abi::{Error, GrantKind, Rights, WHOLE};

/// Bytes of a register of PCI configuration space.
const REGISTER: usize = 4;

/// The first address and length of a part of a grant.
#[inline(always)]
pub(super) fn part_of<H: Hardware>(
    grant: &Grant,
    (offset, length): (usize, usize),
    rights: Rights,
) -> Result<(usize, usize), Error> {
    if !grant.rights.contains(rights | Rights::LEND) {
        return Err(Error::Denied);
    }
    let rest = grant.length.checked_sub(offset).ok_or(Error::Invalid)?;
    let length = if length == WHOLE { rest } else { length };
    if length == 0 || length > rest {
        return Err(Error::Invalid);
    }
    let unit = match grant.kind {
        GrantKind::Interrupt => 1,
        // Without the right to read it is never mapped: the kernel stores there, a register at a time.
        GrantKind::Config if H::PCI && !rights.contains(Rights::READ) => REGISTER,
        _ => H::GRANULE,
    };
    let base = grant.base + offset;
    let fits = |at: usize| at.is_multiple_of(unit);
    // The end of what ends with the address space is 0.
    if (offset != 0 && !fits(base)) || (length != rest && !fits(base.wrapping_add(length))) {
        return Err(Error::Invalid);
    }
    Ok((base, length))
}

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
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
}
