//! One page table (Privileged Architecture, section 4.4).

use crate::Entry;

/// Bytes of a page, and of a table.
pub const PAGE_SIZE: u64 = 4096;
/// Entries of a table.
pub(super) const ENTRIES: usize = 512;

/// One table, as the hardware reads it.
#[derive(Clone, Debug)]
#[repr(C, align(4096))]
pub struct Table(pub(super) [Entry; ENTRIES]);

impl Table {
    /// A table that maps nothing.
    pub const EMPTY: Self = Self([Entry::INVALID; ENTRIES]);
}
