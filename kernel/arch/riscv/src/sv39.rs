//! Page tables: three levels of 512 entries (Privileged Architecture, section 4.4).
//!
//! All tables come from one pool, sized by the build. A table that becomes empty goes back to the pool. So repeated
//! mapping and unmapping never uses more tables than the present windows need. Tables are named by index in the pool;
//! addresses are made only for the hardware.

use crate::{Entry, Permission};
use leasehold_abi::Error;

/// Bytes of a page, and of a table.
pub const PAGE_SIZE: u64 = 4096;
/// A task sees physical addresses below this as they are, and others at their low bits.
const LOWER_HALF: u64 = 1 << 38;
const ENTRIES: usize = 512;
/// Most entries that one step changes.
const STEP: u32 = 64;
/// How many entries a page that is not mapped counts for in such a step, because the tables are walked for each.
const MISSING: u32 = 8;
const ROOT_LEVEL: u32 = 2;

/// One table, as the hardware reads it.
#[derive(Clone, Debug)]
#[repr(C, align(4096))]
pub struct Table([Entry; ENTRIES]);

impl Table {
    /// A table that maps nothing.
    pub const EMPTY: Self = Self([Entry::INVALID; ENTRIES]);
}

/// The address spaces of all tasks.
#[derive(Debug)]
pub struct Sv39 {
    /// The roots, one a task, then the tables of the lower levels.
    tables: &'static mut [Table],
    /// For each table, how many of its entries are valid.
    used: &'static mut [u16],
    /// Physical address of the first table.
    base: u64,
    roots: usize,
    /// First of the free tables; each links to the next by its first entry.
    free: usize,
    available: usize,
}

impl Sv39 {
    /// Without tables: nothing can be mapped.
    pub const fn new() -> Self {
        Self {
            tables: &mut [],
            used: &mut [],
            base: 0,
            roots: 0,
            free: 0,
            available: 0,
        }
    }

    /// Takes over the pool: `tables`, which lie at the physical address `base`, and as many
    /// counters. The first `tasks` tables are the roots.
    ///
    /// # Errors
    /// [`Error::Exhausted`] when the pool has no root for each task, or fewer counters than tables.
    pub fn start(
        &mut self,
        tables: &'static mut [Table],
        used: &'static mut [u16],
        base: u64,
        tasks: usize,
    ) -> Result<(), Error> {
        if tables.len() < tasks || used.len() < tables.len() {
            return Err(Error::Exhausted);
        }
        for (index, table) in tables.iter_mut().enumerate() {
            *table = Table::EMPTY;
            table.0[0] = if index < tasks {
                Entry::INVALID
            } else {
                Entry::link(index + 1)
            };
        }
        used.fill(0);
        self.base = base;
        self.roots = tasks;
        self.free = tasks;
        self.available = tables.len() - tasks;
        self.tables = tables;
        self.used = used;
        Ok(())
    }

    /// Maps the gigapage with this physical address for the kernel, in every address space.
    #[inline(never)]
    pub fn map_kernel(&mut self, address: u64) {
        for root in self.tables.iter_mut().take(self.roots) {
            let index = ENTRIES / 2 + index(address, ROOT_LEVEL);
            root.0[index & (ENTRIES - 1)] =
                Entry::leaf(address & !(page_size(ROOT_LEVEL) - 1), Permission::Kernel);
        }
    }

    /// The physical page number of a task's root, for `satp`.
    pub fn root(&self, task: usize) -> u64 {
        (self.base >> 12) + task as u64
    }

    /// Tables that are not in use.
    pub fn available(&self) -> usize {
        self.available
    }

    /// The low bits of a physical address, by which a task sees it.
    pub const WINDOW_MASK: u64 = LOWER_HALF - 1;

    /// Maps physical memory for a task at its [low bits](Self::WINDOW_MASK), in
    /// whole pages. Mapping the very same again changes nothing.
    ///
    /// # Errors
    /// [`Error::Exhausted`] when the pool is empty; then nothing is mapped.
    #[inline(never)]
    pub fn map(
        &mut self,
        task: usize,
        base: u64,
        length: u64,
        permission: Permission,
    ) -> Result<(), Error> {
        let mut done = 0;
        loop {
            match self.map_step(task, base, length, permission, &mut done) {
                Ok(false) => {}
                Ok(true) => return Ok(()),
                Err(error) => {
                    done = 0;
                    while !self.unmap(task, base, length, &mut done) {}
                    return Err(error);
                }
            }
        }
    }

    /// One bounded step of [`map`](Self::map). `done` counts bytes from 0 and is advanced. True when everything is
    /// mapped. After the last step, the hart's cached translations for this address space must be dropped: they may say
    /// that nothing is mapped there.
    ///
    /// # Errors
    /// [`Error::Exhausted`] when the pool is empty; the part that is mapped by then stays mapped.
    #[inline(never)]
    pub fn map_step(
        &mut self,
        task: usize,
        base: u64,
        length: u64,
        permission: Permission,
        done: &mut u64,
    ) -> Result<bool, Error> {
        let (base, end) = pages(base, length);
        if end - base == PAGE_SIZE {
            *done = PAGE_SIZE;
            return self
                .map_page(task, base, permission)
                .ok_or(Error::Exhausted)
                .map(|()| true);
        }
        self.map_pages(task, base, end, permission, done)
    }

    /// The usual window is one page. Straight ahead, this takes half of what the loops take.
    fn map_page(&mut self, task: usize, at: u64, permission: Permission) -> Option<()> {
        let middle = match self.child(task, index(at, 2)) {
            Some(middle) => middle,
            None => self.extend(task, index(at, 2), 2)?,
        };
        let table = match self.child(middle, index(at, 1)) {
            Some(table) => table,
            None => self.extend(middle, index(at, 1), 1)?,
        };
        let entry = &mut self.tables.get_mut(table)?.0[index(at, 0)];
        let new = !entry.is_valid();
        *entry = Entry::leaf(at, permission);
        *self.used.get_mut(table)? += u16::from(new);
        Some(())
    }

    #[inline(never)]
    fn map_pages(
        &mut self,
        task: usize,
        base: u64,
        end: u64,
        permission: Permission,
        done: &mut u64,
    ) -> Result<bool, Error> {
        let mut at = base + *done;
        let mut left = STEP;
        while at < end && left > 0 {
            let level = leaf_level(at, end);
            let table = self.table(task, at, level).ok_or(Error::Exhausted)?;
            let (Some(entries), Some(used)) =
                (self.tables.get_mut(table), self.used.get_mut(table))
            else {
                return Err(Error::Exhausted);
            };
            for entry in &mut entries.0[index(at, level)..] {
                *used += u16::from(!entry.is_valid());
                *entry = Entry::leaf(at, permission);
                at += page_size(level);
                left -= 1;
                if left == 0 || at >= end || leaf_level(at, end) != level {
                    break;
                }
            }
        }
        *done = at - base;
        Ok(at >= end)
    }

    /// Unmaps what [`map`](Self::map) mapped, with the same arguments, in one bounded step. `done` counts bytes from 0
    /// and is advanced. True when everything is unmapped. After each step, the hart's cached translations for this
    /// address space must be dropped.
    #[inline(never)]
    pub fn unmap(&mut self, task: usize, base: u64, length: u64, done: &mut u64) -> bool {
        if length == PAGE_SIZE && base.is_multiple_of(PAGE_SIZE) {
            self.unmap_page(task, base);
            *done = PAGE_SIZE;
            return true;
        }
        let (base, end) = pages(base, length);
        self.unmap_pages(task, base, end, done)
    }

    /// The usual window is one page. Straight ahead, this takes half of what the loops take.
    fn unmap_page(&mut self, task: usize, at: u64) {
        let Some(middle) = self.child(task, index(at, 2)) else {
            return;
        };
        let Some(table) = self.child(middle, index(at, 1)) else {
            return;
        };
        let (Some(entries), Some(used)) = (self.tables.get_mut(table), self.used.get_mut(table))
        else {
            return;
        };
        let entry = &mut entries.0[index(at, 0)];
        let left = *used - u16::from(entry.is_valid());
        *entry = Entry::INVALID;
        *used = left;
        if left == 0 {
            self.give(table);
            if self.forget(middle, index(at, 1)) {
                self.give(middle);
                self.forget(task, index(at, 2));
            }
        }
    }

    #[inline(never)]
    fn unmap_pages(&mut self, task: usize, base: u64, end: u64, done: &mut u64) -> bool {
        let mut at = base + *done;
        let mut left = STEP;
        while at < end && left > 0 {
            at = self.unmap_run(task, at, end, &mut left);
        }
        *done = at - base;
        at >= end
    }

    /// Unmaps leaves of one level from `at` on, within one table. Returns where it stopped, and gives back the tables
    /// that have become empty.
    fn unmap_run(&mut self, task: usize, at: u64, end: u64, left: &mut u32) -> u64 {
        let level = leaf_level(at, end);
        let mut path = [task; 3];
        for parent in (level + 1..=ROOT_LEVEL).rev() {
            match self.child(path[parent as usize], index(at, parent)) {
                Some(table) => path[parent as usize - 1] = table,
                None => {
                    *left = left.saturating_sub(MISSING);
                    return at + page_size(level);
                }
            }
        }
        let table = path[level as usize];
        let (Some(entries), Some(used)) = (self.tables.get_mut(table), self.used.get_mut(table))
        else {
            return end;
        };
        let mut next = at;
        for entry in &mut entries.0[index(at, level)..] {
            *used -= u16::from(entry.is_valid());
            *entry = Entry::INVALID;
            next += page_size(level);
            *left -= 1;
            if *left == 0 || next >= end || leaf_level(next, end) != level {
                break;
            }
        }
        let mut empty = *used == 0;
        for parent in level + 1..=ROOT_LEVEL {
            if !empty {
                break;
            }
            self.give(path[parent as usize - 1]);
            empty = self.forget(path[parent as usize], index(at, parent));
        }
        next
    }

    /// Removes a valid entry from a table. Returns whether it was the last one.
    #[inline(always)]
    fn forget(&mut self, table: usize, index: usize) -> bool {
        let (Some(entries), Some(used)) = (self.tables.get_mut(table), self.used.get_mut(table))
        else {
            return false;
        };
        entries.0[index] = Entry::INVALID;
        let left = *used - 1;
        *used = left;
        left == 0
    }

    /// Puts an empty table back.
    #[inline(always)]
    fn give(&mut self, table: usize) {
        if let Some(entries) = self.tables.get_mut(table) {
            entries.0[0] = Entry::link(self.free);
            self.free = table;
            self.available += 1;
        }
    }

    #[inline(always)]
    fn child(&self, table: usize, index: usize) -> Option<usize> {
        let entry = self.tables.get(table)?.0[index];
        entry
            .is_table()
            .then(|| (entry.address().wrapping_sub(self.base) >> 12) as usize)
    }

    /// The table with the entry for `address` at `level`. Missing tables are made.
    fn table(&mut self, task: usize, address: u64, level: u32) -> Option<usize> {
        let mut table = task;
        for at in (level + 1..=ROOT_LEVEL).rev() {
            let index = index(address, at);
            table = match self.child(table, index) {
                Some(next) => next,
                None => self.extend(table, index, (at - level) as usize)?,
            };
        }
        Some(table)
    }

    /// Puts a table below another. Only if nothing is mapped there, and if there are as many free tables as are
    /// `missing` on the way down, so that no empty table stays in the tree.
    fn extend(&mut self, table: usize, index: usize, missing: usize) -> Option<usize> {
        let taken = self.tables.get(table)?.0[index].is_valid();
        if taken || self.available < missing {
            return None;
        }
        let next = self.take()?;
        self.tables.get_mut(table)?.0[index] = Entry::table(self.base + next as u64 * PAGE_SIZE);
        *self.used.get_mut(table)? += 1;
        Some(next)
    }

    fn take(&mut self) -> Option<usize> {
        let table = self.free;
        let first = &mut self.tables.get_mut(table)?.0[0];
        self.free = first.linked();
        *first = Entry::INVALID;
        self.available -= 1;
        Some(table)
    }
}

impl Default for Sv39 {
    fn default() -> Self {
        Self::new()
    }
}

/// The first address and the end of the pages that contain these bytes.
const fn pages(base: u64, length: u64) -> (u64, u64) {
    let first = base & !(PAGE_SIZE - 1);
    let end = base.saturating_add(length).saturating_add(PAGE_SIZE - 1) & !(PAGE_SIZE - 1);
    (first, end)
}

/// Bytes that a leaf at this level maps: 4 KiB, 2 MiB, 1 GiB.
const fn page_size(level: u32) -> u64 {
    PAGE_SIZE << (9 * level)
}

/// The highest level whose pages start at `at` and end by `end`.
const fn leaf_level(at: u64, end: u64) -> u32 {
    if !at.is_multiple_of(page_size(1)) || end - at < page_size(1) {
        0
    } else if !at.is_multiple_of(page_size(2)) || end - at < page_size(2) {
        1
    } else {
        2
    }
}

/// The index in a table of this level of the place where a task sees a physical address.
const fn index(address: u64, level: u32) -> usize {
    ((address & Sv39::WINDOW_MASK) >> (12 + 9 * level)) as usize & (ENTRIES - 1)
}

#[cfg(test)]
mod tests;
