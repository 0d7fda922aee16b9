//! Page tables: three levels of 512 entries (Privileged Architecture, section 4.4).
//!
//! All tables come from one [pool], sized by the build, and are named by their number in it. An address is made for the
//! hardware alone.

mod pool;
mod table;

use self::pool::Pool;
pub use self::pool::Use;
use self::table::ENTRIES;
pub use self::table::{PAGE_SIZE, Table};
use crate::{Attributes, Entry, Permission, Standard};
use core::marker::PhantomData;
use leasehold_abi::Error;

/// A task sees physical addresses below this as they are, and others at their low bits.
const LOWER_HALF: u64 = 1 << 38;
/// Most entries that one step maps, and unmaps: to unmap takes more, as each is looked at.
const STEP: u32 = 32;
const UNMAP_STEP: u32 = 6;
/// How many entries a page that is not mapped counts for in such a step, because the tables are walked for each.
const MISSING: u32 = 8;
const ROOT_LEVEL: u32 = 2;
/// Marks a progress that is no number of bytes, but twice that of the table that a single page is in.
const IS_PLACE: usize = 1;

/// The address spaces of all tasks.
#[derive(Debug)]
pub struct Sv39<A = Standard> {
    pool: Pool,
    attributes: PhantomData<A>,
}

/// The low bits of a physical address, by which a task sees it.
pub const WINDOW_MASK: u64 = LOWER_HALF - 1;

impl<A: Attributes> Sv39<A> {
    /// Without tables: nothing can be mapped.
    pub const fn new() -> Self {
        Self {
            pool: Pool::empty(),
            attributes: PhantomData,
        }
    }

    /// Takes over the pool: `tables`, which lie at the physical address `base`, and as many notes of their use. The
    /// first `tasks` tables are the roots.
    ///
    /// # Errors
    /// [`Error::Exhausted`] when the pool has no root for each task, fewer notes than tables, or 4096 tables or more.
    pub fn start(
        &mut self,
        tables: &'static mut [Table],
        used: &'static mut [Use],
        base: u64,
        tasks: usize,
    ) -> Result<(), Error> {
        self.pool = Pool::new(tables, used, base, tasks)?;
        Ok(())
    }

    /// Maps the gigapage with this physical address for the kernel, in every address space.
    #[inline(always)]
    pub fn map_kernel(&mut self, address: u64) {
        let roots = self.pool.roots;
        for root in self.pool.tables.iter_mut().take(roots) {
            let index = ENTRIES / 2 + index(address, ROOT_LEVEL);
            let first = address & !(page_size(ROOT_LEVEL) - 1);
            root.0[index & (ENTRIES - 1)] =
                Entry::leaf(first, Permission::Kernel).attributed::<A>();
        }
    }

    /// The physical page number of a task's root, for `satp`.
    pub fn root(&self, task: usize) -> u64 {
        self.pool.page_number(task)
    }

    /// Tables that are free.
    pub fn available(&self) -> usize {
        self.pool.available()
    }

    /// Whether tables were taken away from tasks since the last call: then the hart must forget all that it has cached.
    #[inline]
    pub fn was_taken_back(&mut self) -> bool {
        self.pool.was_taken_back()
    }

    /// Maps physical memory for a task at its [low bits](WINDOW_MASK), in
    /// whole pages. Mapping the very same again changes nothing.
    ///
    /// # Errors
    /// [`Error::Exhausted`] when the pool is empty; then nothing is mapped.
    // It runs at boot alone, with what calls it.
    #[inline(always)]
    pub fn map(
        &mut self,
        task: usize,
        base: u64,
        length: u64,
        permission: Permission,
    ) -> Result<(), Error> {
        let mut progress = 0;
        loop {
            match self.map_step(task, base, length, permission, &mut progress) {
                Ok(false) => {}
                Ok(true) => return Ok(()),
                Err(error) => {
                    progress = 0;
                    while !self.unmap(task, base, length, &mut progress) {}
                    return Err(error);
                }
            }
        }
    }

    /// One bounded step of [`map`](Self::map). True when all is mapped. After the last step, what the hart has cached
    /// for this address space must be dropped: it may remember that nothing was there.
    ///
    /// `progress` begins at 0. On the way it is the bytes that are mapped, whole pages, and below them how many tables
    /// were looked at in vain for an empty one. In the end it says in which table a single page is, and is 0 for
    /// a longer window.
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
        progress: &mut usize,
    ) -> Result<bool, Error> {
        let (base, end) = pages(base, length);
        let before = *progress & !(PAGE_SIZE as usize - 1);
        let mapped = if end - base == PAGE_SIZE {
            self.map_page(task, base, permission)
                .inspect(|&table| *progress = table << 1 | IS_PLACE)
                .map(|_| true)
        } else {
            self.map_pages(task, base, end, permission, progress)
        };
        match mapped {
            Some(done) => Ok(done),
            // A step that has mapped something does not look as well.
            None if *progress & !(PAGE_SIZE as usize - 1) != before => Ok(false),
            None => {
                let mut looked = *progress & (PAGE_SIZE as usize - 1);
                self.pool.look(&mut looked)?;
                *progress = *progress & !(PAGE_SIZE as usize - 1) | looked;
                Ok(false)
            }
        }
    }

    /// The usual window is one page. Straight ahead, this takes half of what the loops take. The table that it is in;
    /// none when one is missing.
    fn map_page(&mut self, task: usize, at: u64, permission: Permission) -> Option<usize> {
        let middle = match self.pool.child(task, index(at, 2)) {
            Some(middle) => middle,
            None => self.pool.extend(task, index(at, 2), 2)?,
        };
        let table = match self.pool.child(middle, index(at, 1)) {
            Some(table) => table,
            None => self.pool.extend(middle, index(at, 1), 1)?,
        };
        let leaf = Entry::leaf(at, permission).attributed::<A>();
        self.pool.set(table, index(at, 0), leaf);
        Some(table)
    }

    /// None when a table is missing, or an empty one is in the way.
    #[inline(never)]
    fn map_pages(
        &mut self,
        task: usize,
        base: u64,
        end: u64,
        permission: Permission,
        progress: &mut usize,
    ) -> Option<bool> {
        let looked = *progress & (PAGE_SIZE as usize - 1);
        let mut at = base + (*progress as u64 & !(PAGE_SIZE - 1));
        let mut left = STEP;
        while at < end && left > 0 {
            let level = leaf_level(at, end);
            let first = index(at, level);
            let mut run = run(at, end, level).min(left as usize);
            let Some(table) = self.table(task, at, level) else {
                *progress = (at - base) as usize | looked;
                return None;
            };
            if level > 0 {
                // An empty table may be below each.
                run = 1;
                if let Some(below) = self.pool.child(table, first)
                    && !self.pool.take_back(below)
                {
                    *progress = (at - base) as usize | looked;
                    return None;
                }
                left = left.saturating_sub(MISSING - 1).max(1);
            }
            let leaf = Entry::leaf(at, permission).attributed::<A>();
            self.pool
                .fill(table, first..first + run, leaf, page_size(level));
            at += run as u64 * page_size(level);
            left -= run as u32;
        }
        let done = at >= end;
        *progress = if done { 0 } else { (at - base) as usize };
        Some(done)
    }

    /// Unmaps what [`map`](Self::map) mapped, with the same arguments; one bounded step. `progress` begins as the last
    /// step of mapping has left it, or at 0. True when all is gone. After each step, translations that
    /// the hart has cached for this address space must be dropped.
    #[inline(always)]
    pub fn unmap(&mut self, task: usize, base: u64, length: u64, progress: &mut usize) -> bool {
        if Self::is_place(*progress) {
            self.unmap_place(base, *progress);
            return true;
        }
        let (base, end) = pages(base, length);
        self.unmap_pages(task, base, end, progress)
    }

    /// [`unmap`](Self::unmap) of the page at `base`, for a progress that [is a place](Self::is_place).
    #[inline(always)]
    pub fn unmap_place(&mut self, base: u64, place: usize) {
        self.pool.clear(place >> 1, index(base, 0));
    }

    /// Whether this progress says where a single page is: then one store unmaps it.
    #[inline(always)]
    pub const fn is_place(progress: usize) -> bool {
        progress & IS_PLACE != 0
    }

    /// [`unmap`](Self::unmap) of whole pages up to an end, for any other progress.
    #[inline(never)]
    pub fn unmap_pages(&mut self, task: usize, base: u64, end: u64, progress: &mut usize) -> bool {
        let mut at = base + *progress as u64;
        let mut left = UNMAP_STEP;
        while at < end && left > 0 {
            at = self.unmap_run(task, at, end, &mut left);
        }
        *progress = (at - base) as usize;
        at >= end
    }

    /// Unmaps leaves of one level from `at` on, as far as they are in one table; answers where
    /// it stopped.
    fn unmap_run(&mut self, task: usize, at: u64, end: u64, left: &mut u32) -> u64 {
        let level = leaf_level(at, end);
        let mut table = task;
        for parent in (level + 1..=ROOT_LEVEL).rev() {
            match self.pool.child(table, index(at, parent)) {
                Some(below) => table = below,
                None => {
                    *left = left.saturating_sub(MISSING);
                    return at + page_size(level);
                }
            }
        }
        let first = index(at, level);
        let run = run(at, end, level).min(*left as usize);
        self.pool.drain(table, first..first + run);
        *left -= run as u32;
        at + run as u64 * page_size(level)
    }

    /// The table with the entry for `address` at `level`. Missing tables are made.
    fn table(&mut self, task: usize, address: u64, level: u32) -> Option<usize> {
        let mut table = task;
        for at in (level + 1..=ROOT_LEVEL).rev() {
            let index = index(address, at);
            table = match self.pool.child(table, index) {
                Some(next) => next,
                None => self.pool.extend(table, index, (at - level) as usize)?,
            };
        }
        Some(table)
    }
}

impl<A: Attributes> Default for Sv39<A> {
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

/// How many leaves of this level there are from `at` on, in one table.
const fn run(at: u64, end: u64, level: u32) -> usize {
    let (run, room) = (
        ((end - at) >> (12 + 9 * level)) as usize,
        ENTRIES - index(at, level),
    );
    if run < room { run } else { room }
}

/// The index in a table of this level of the place where a task sees a physical address.
const fn index(address: u64, level: u32) -> usize {
    ((address & WINDOW_MASK) >> (12 + 9 * level)) as usize & (ENTRIES - 1)
}

#[cfg(test)]
mod tests;
