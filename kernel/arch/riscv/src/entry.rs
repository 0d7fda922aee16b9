//! One Sv39 page-table entry (Privileged Architecture, section 4.4.1).

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
