//! One PMP entry of RV32: an address register, and its byte of a configuration register
//! (Privileged Architecture, section 3.7.1).

use leasehold_abi::Error;

/// Bits of the configuration byte: what user mode may do.
pub(crate) const READ: u8 = 1;
pub(crate) const WRITE: u8 = 1 << 1;
pub(crate) const EXECUTE: u8 = 1 << 2;
/// Its field A: how the address is read. 0 means off and is never used; `EMPTY` says why.
const TOP_OF_RANGE: u8 = 1 << 3;
const FOUR_BYTES: u8 = 2 << 3;
const POWER_OF_TWO: u8 = 3 << 3;
/// The smallest range in the format for powers of two; 4 bytes have their own format.
const SMALLEST_POWER: u64 = 8;

/// An entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// `pmpaddr`: bits 33 to 2 of an address.
    pub(crate) address: u32,
    /// Its byte of `pmpcfg`.
    pub(crate) configuration: u8,
}

/// A window, in one entry or two neighbouring ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoded {
    One(Entry),
    Two([Entry; 2]),
}

impl Entry {
    /// An entry without rights for one word; an earlier entry decides about that word.
    ///
    /// Unused places have this entry instead of one that is off. QEMU 7.2 (`target/riscv/pmp.c`, `pmp_is_range_in_tlb`)
    /// treats an entry that is off like one that covers all memory, and then an access to a byte decides for its whole
    /// page.
    pub(crate) const EMPTY: Self = Self::word(0, 0);

    /// The 4 bytes at a multiple of 4.
    pub(crate) const fn word(base: u32, rights: u8) -> Self {
        Self {
            address: base >> 2,
            configuration: FOUR_BYTES | rights,
        }
    }

    /// From the address of the entry before up to `end`: a multiple of 4, at most the end of the address space.
    pub(crate) const fn up_to(end: u64, rights: u8) -> Self {
        Self {
            address: (end >> 2) as u32,
            configuration: TOP_OF_RANGE | rights,
        }
    }

    /// A range whose size is a power of two, at least 8, and whose base is a multiple of the size.
    const fn power(base: u32, length: u64, rights: u8) -> Self {
        Self {
            address: base >> 2 | ((length >> 3) - 1) as u32,
            configuration: POWER_OF_TWO | rights,
        }
    }

    /// The range in which it matches, where `before` is the address register of the entry before.
    pub(crate) const fn range(self, before: u32) -> (u64, u64) {
        let address = self.address as u64;
        match self.configuration & POWER_OF_TWO {
            TOP_OF_RANGE => ((before as u64) << 2, address << 2),
            FOUR_BYTES => (address << 2, (address << 2) + 4),
            POWER_OF_TWO => {
                // The number of ones at the bottom gives the length.
                let length = (address ^ (address + 1)) + 1;
                (
                    (address & !(length - 1)) << 2,
                    ((address | (length - 1)) + 1) << 2,
                )
            }
            _ => (0, 0),
        }
    }
}

impl Encoded {
    /// A range of physical memory.
    ///
    /// # Errors
    /// [`Error::Exhausted`] when it is empty, has an end that is no multiple of 4, or reaches past 4 GiB.
    pub(crate) const fn new(base: u64, length: u64, rights: u8) -> Result<Self, Error> {
        let whole = (base | length) & 3 == 0 && length > 0;
        if !whole || base >= 1 << 32 || length > (1 << 32) - base {
            return Err(Error::Exhausted);
        }
        let first = base as u32;
        let power = length.is_power_of_two() && base & (length - 1) == 0;
        Ok(if power && length >= SMALLEST_POWER {
            Self::One(Entry::power(first, length, rights))
        } else if length == 4 {
            Self::One(Entry::word(first, rights))
        } else {
            // The first bytes have the same rights as the rest: their entry is needed for its address. A misaligned
            // access across their end fails, because one entry must match all of an access. They are eight bytes if
            // alignment allows, as wide as the widest access (`fld`), so the address register is the same as that of
            // the word.
            let start = if base.is_multiple_of(SMALLEST_POWER) {
                Entry::power(first, SMALLEST_POWER, rights)
            } else {
                Entry::word(first, rights)
            };
            Self::Two([start, Entry::up_to(base + length, rights)])
        })
    }
}
