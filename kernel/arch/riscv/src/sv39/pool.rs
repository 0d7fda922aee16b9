//! The pool of page tables: roots, tables in use, and free ones.
//!
//! A table that becomes empty stays where it is, because most windows are mapped again at the same place, by the next
//! life of the same task; and to unmap one is a single store then. When the pool has run out, it looks for empty tables
//! and takes them back, a bounded number of looks at a time.

use super::table::{ENTRIES, PAGE_SIZE, Table};
use crate::Entry;
use core::ops::Range;
use leasehold_abi::Error;

/// Tables that one step looks at, to find one that is empty.
const LOOKS: usize = 32;
/// Nothing points to the table: it is a root, or free.
const NOWHERE: u32 = u32::MAX;
/// By how much a table's number is shifted, to leave room for an index in it.
const INDEX_BITS: u32 = ENTRIES.ilog2();

/// What is known of a table.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    /// How many of its entries are valid.
    entries: u16,
    /// The entry that points to it: the number of a table, and the index in it.
    above: u32,
}

impl Use {
    /// Of a table that is free.
    pub const NONE: Self = Self {
        entries: 0,
        above: NOWHERE,
    };
}

/// The tables, named by their numbers: the roots, one a task, then those of the lower levels.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) tables: &'static mut [Table],
    used: &'static mut [Use],
    /// Physical address of the first table.
    base: u64,
    pub(super) roots: usize,
    /// First of the free tables; each links to the next by its first entry.
    free: usize,
    available: usize,
    /// The table to look at next.
    cursor: usize,
    /// Tables were taken back, and the hart may have cached that the tables above lead to them.
    taken_back: bool,
}

impl Pool {
    /// Without tables.
    pub(super) const fn empty() -> Self {
        Self {
            tables: &mut [],
            used: &mut [],
            base: 0,
            roots: 0,
            free: 0,
            available: 0,
            cursor: 0,
            taken_back: false,
        }
    }

    /// `tables` at the physical address `base`, of which the first `roots` are roots.
    ///
    /// # Errors
    /// [`Error::Exhausted`] when there are fewer tables than roots, fewer of `used` than tables, or more tables than a
    /// [progress](super::Sv39::map_step) can count.
    pub(super) fn new(
        tables: &'static mut [Table],
        used: &'static mut [Use],
        base: u64,
        roots: usize,
    ) -> Result<Self, Error> {
        if tables.len() < roots || used.len() < tables.len() || tables.len() >= PAGE_SIZE as usize {
            return Err(Error::Exhausted);
        }
        for (index, table) in tables.iter_mut().enumerate() {
            *table = Table::EMPTY;
            if index >= roots {
                table.0[0] = Entry::link(index + 1);
            }
        }
        used.fill(Use::NONE);
        Ok(Self {
            base,
            roots,
            free: roots,
            available: tables.len() - roots,
            cursor: roots,
            taken_back: false,
            tables,
            used,
        })
    }

    /// The physical page number of a table.
    pub(super) fn page_number(&self, table: usize) -> u64 {
        (self.base >> 12) + table as u64
    }

    /// Tables that are free.
    pub(super) fn available(&self) -> usize {
        self.available
    }

    /// An entry.
    #[inline(always)]
    pub(super) fn entry(&self, table: usize, index: usize) -> Entry {
        match self.tables.get(table) {
            Some(table) => table.0[index & (ENTRIES - 1)],
            None => Entry::INVALID,
        }
    }

    /// Maps, or unmaps, a page: the entries of a table of which pages are mapped.
    #[inline(always)]
    pub(super) fn set(&mut self, table: usize, index: usize, entry: Entry) {
        if let (Some(entries), Some(used)) = (self.tables.get_mut(table), self.used.get_mut(table))
        {
            let place = &mut entries.0[index & (ENTRIES - 1)];
            used.entries += u16::from(entry.is_valid());
            used.entries -= u16::from(place.is_valid());
            *place = entry;
        }
    }

    /// Maps a run of leaves, the first of which is given, each of so many bytes.
    #[inline(always)]
    pub(super) fn fill(&mut self, table: usize, run: Range<usize>, mut leaf: Entry, bytes: u64) {
        if let (Some(entries), Some(used)) = (self.tables.get_mut(table), self.used.get_mut(table))
            && let Some(entries) = entries.0.get_mut(run)
        {
            let mut new = 0;
            for entry in entries {
                new += u16::from(!entry.is_valid());
                *entry = leaf;
                leaf = leaf.behind(bytes);
            }
            used.entries += new;
        }
    }

    /// Unmaps a run of leaves. What was not mapped may have an empty table below it, which stays.
    #[inline(always)]
    pub(super) fn drain(&mut self, table: usize, run: Range<usize>) {
        if let (Some(entries), Some(used)) = (self.tables.get_mut(table), self.used.get_mut(table))
            && let Some(entries) = entries.0.get_mut(run)
        {
            let mut old = 0;
            for entry in entries {
                if !entry.is_table() {
                    old += u16::from(entry.is_valid());
                    *entry = Entry::INVALID;
                }
            }
            used.entries -= old;
        }
    }

    /// Unmaps a page that is mapped.
    #[inline(always)]
    pub(super) fn clear(&mut self, table: usize, index: usize) {
        if let (Some(entries), Some(used)) = (self.tables.get_mut(table), self.used.get_mut(table))
        {
            entries.0[index & (ENTRIES - 1)] = Entry::INVALID;
            used.entries -= 1;
        }
    }

    /// The table that an entry points to.
    #[inline(always)]
    pub(super) fn child(&self, table: usize, index: usize) -> Option<usize> {
        let entry = self.entry(table, index);
        entry
            .is_table()
            .then(|| (entry.address().wrapping_sub(self.base) >> 12) as usize)
    }

    /// Puts a table below another, if as many are free as are `missing` on the way down: so none is taken in vain.
    pub(super) fn extend(&mut self, table: usize, index: usize, missing: usize) -> Option<usize> {
        if self.entry(table, index).is_valid() || self.available < missing {
            return None;
        }
        let next = self.free;
        let first = &mut self.tables.get_mut(next)?.0[0];
        self.free = first.linked();
        *first = Entry::INVALID;
        self.available -= 1;
        self.used.get_mut(next)?.above = (table as u32) << INDEX_BITS | index as u32;
        self.set(
            table,
            index,
            Entry::table(self.base + next as u64 * PAGE_SIZE),
        );
        Some(next)
    }

    /// Looks for an empty table, and takes it back. `looked` counts how many were looked at in vain; it begins at 0.
    ///
    /// # Errors
    /// [`Error::Exhausted`] when that were all of them.
    #[inline(never)]
    pub(super) fn look(&mut self, looked: &mut usize) -> Result<(), Error> {
        for _ in 0..LOOKS {
            if *looked >= self.tables.len() - self.roots {
                return Err(Error::Exhausted);
            }
            let table = self.cursor;
            self.cursor = if table + 1 < self.tables.len() {
                table + 1
            } else {
                self.roots
            };
            if self.take_back(table) {
                *looked = 0;
                return Ok(());
            }
            *looked += 1;
        }
        Ok(())
    }

    /// Takes a table back, if it is in use and empty.
    pub(super) fn take_back(&mut self, table: usize) -> bool {
        let Some(used) = self.used.get_mut(table) else {
            return false;
        };
        let above = used.above;
        if used.entries != 0 || above == NOWHERE {
            return false;
        }
        used.above = NOWHERE;
        let index = above as usize & (ENTRIES - 1);
        self.set((above >> INDEX_BITS) as usize, index, Entry::INVALID);
        if let Some(entries) = self.tables.get_mut(table) {
            entries.0[0] = Entry::link(self.free);
            self.free = table;
            self.available += 1;
        }
        self.taken_back = true;
        true
    }

    /// Whether tables were taken back since the last call.
    pub(super) fn was_taken_back(&mut self) -> bool {
        core::mem::take(&mut self.taken_back)
    }
}

#[cfg(test)]
impl Pool {
    /// Every counter is what its table holds, every table is free or pointed to, and says from where.
    pub(super) fn check(&self) {
        let entries = |table: usize| self.tables[table].0.iter().filter(|entry| entry.is_valid());
        let mut free = std::collections::BTreeSet::new();
        let mut next = self.free;
        for _ in 0..self.available {
            assert!(free.insert(next), "a table is free twice");
            next = self.tables[next].0[0].linked();
        }
        for table in self.roots..self.tables.len() {
            let Use {
                entries: count,
                above,
            } = self.used[table];
            if free.contains(&table) {
                assert_eq!((count, above), (0, NOWHERE));
                continue;
            }
            assert_eq!(entries(table).count(), usize::from(count));
            let (parent, index) = (above >> INDEX_BITS, above as usize & (ENTRIES - 1));
            assert_eq!(self.child(parent as usize, index), Some(table));
        }
    }

    /// How many tables are free or empty.
    pub(super) fn free_or_empty(&mut self) -> usize {
        while self.look(&mut 0).is_ok()
            && (self.roots..self.tables.len()).any(|table| {
                let Use { entries, above } = self.used[table];
                entries == 0 && above != NOWHERE
            })
        {}
        self.available
    }
}
