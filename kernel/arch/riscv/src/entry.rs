//! One Sv39 page-table entry (Privileged Architecture, section 4.4.1).

use crate::Attributes;

const VALID: u64 = 1;
const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 2;
const EXECUTE: u64 = 1 << 3;
const USER: u64 = 1 << 4;
const GLOBAL: u64 = 1 << 5;
/// Set from the start, as the privileged architecture allows: then no hart traps, or writes the table, to set it.
const ACCESSED: u64 = 1 << 6;
const DIRTY: u64 = 1 << 7;
/// Bits 10 to 53 are the physical page number.
const PAGE_NUMBER_SHIFT: u32 = 10;
const PAGE_NUMBER_MASK: u64 = (1 << 44) - 1;

/// The accesses that a leaf allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Task: load.
    Read,
    /// Task: load and store.
    ReadWrite,
    /// Task: load and fetch.
    ReadExecute,
    /// Kernel only, in every address space: load, store and fetch.
    Kernel,
}

/// A page-table entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Entry(u64);

impl Entry {
    /// Translates nothing.
    pub const INVALID: Self = Self(0);

    /// Points to the next table, whose physical address this is.
    pub const fn table(address: u64) -> Self {
        Self(page_number(address) | VALID)
    }

    /// Maps the page, of whatever size the level has, at this physical address.
    pub const fn leaf(address: u64, permission: Permission) -> Self {
        let bits = match permission {
            Permission::Read => USER | READ,
            Permission::ReadWrite => USER | READ | WRITE,
            Permission::ReadExecute => USER | READ | EXECUTE,
            Permission::Kernel => GLOBAL | READ | WRITE | EXECUTE,
        };
        Self(page_number(address) | bits | ACCESSED | DIRTY | VALID)
    }

    /// This leaf with the attributes of what lies at its address. Nobody fetches from a device.
    pub const fn attributed<A: Attributes>(self) -> Self {
        if self.address() < A::DEVICES {
            Self(self.0 | A::MEMORY)
        } else {
            Self(self.0 & !EXECUTE | A::DEVICE)
        }
    }

    /// The same leaf for what lies so many bytes behind it.
    pub(crate) const fn behind(self, bytes: u64) -> Self {
        Self(self.0.wrapping_add(page_number(bytes)))
    }

    /// An invalid entry that keeps a number, for a table that is not in use.
    pub(crate) const fn link(number: usize) -> Self {
        Self((number as u64) << 1)
    }

    /// The number in a [`link`](Self::link).
    pub(crate) const fn linked(self) -> usize {
        (self.0 >> 1) as usize
    }

    /// Whether the hardware uses the other bits.
    pub const fn is_valid(self) -> bool {
        self.0 & VALID != 0
    }

    /// Whether this points to another table.
    pub const fn is_table(self) -> bool {
        self.0 & (VALID | READ | WRITE | EXECUTE) == VALID
    }

    /// The physical address that it points to or maps.
    pub const fn address(self) -> u64 {
        (self.0 >> PAGE_NUMBER_SHIFT & PAGE_NUMBER_MASK) << 12
    }

    /// As the hardware reads it.
    pub const fn bits(self) -> u64 {
        self.0
    }
}

const fn page_number(address: u64) -> u64 {
    (address >> 12 & PAGE_NUMBER_MASK) << PAGE_NUMBER_SHIFT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{C910, Standard};

    /// Linux for this processor has `_PAGE_PMA_THEAD` with the bits 62, 61, 60 and `_PAGE_IO_THEAD` with 63 and 60.
    #[test]
    fn what_lies_at_an_address_decides_a_page_s_attributes() {
        for permission in [
            Permission::Read,
            Permission::ReadWrite,
            Permission::ReadExecute,
            Permission::Kernel,
        ] {
            for address in [0, 0x20_0000, 0x3_ffff_f000] {
                let leaf = Entry::leaf(address, permission);
                let memory = leaf.attributed::<C910>();
                assert_eq!(memory.bits() >> 59, 0b0_1110);
                assert_eq!(memory.bits() << 5 >> 5, leaf.bits());
                assert_eq!(leaf.attributed::<Standard>(), leaf);
            }
            for address in [0xff_c000_0000, 0xff_e701_4000, 0xff_ffff_f000] {
                let leaf = Entry::leaf(address, permission);
                let device = leaf.attributed::<C910>();
                assert_eq!(device.bits() >> 59, 0b1_0010);
                assert_eq!(device.bits() & EXECUTE, 0);
                assert_eq!(device.address(), address);
                assert_eq!(device.bits() | EXECUTE, leaf.bits() | EXECUTE | 9 << 60);
                assert_eq!(leaf.attributed::<Standard>(), leaf);
            }
        }
    }

    /// A run of pages has the attributes of its first, and the next tables have none.
    #[test]
    fn attributes_stay_with_the_pages_behind() {
        let first = Entry::leaf(0xff_e700_0000, Permission::ReadWrite).attributed::<C910>();
        let behind = Entry::leaf(0xff_e701_4000, Permission::ReadWrite).attributed::<C910>();
        assert_eq!(first.behind(0x1_4000), behind);
        assert_eq!(Entry::table(0x40_0000).bits() >> 54, 0);
    }
}
