//! Which window each of a task's PMP entries for windows belongs to.

use core::cell::Cell;
use leasehold_abi::Error;

/// Marks an entry that is in use; windows lie at multiples of at least 2 bytes.
const USED: u32 = 1;

/// `N` entries. A window is known by its base: the windows of one task do
/// not overlap. All zeros is the empty table.
#[derive(Clone, Debug)]
pub(crate) struct Slots<const N: usize> {
    /// For each entry: 0, or the base of its window with [`USED`].
    windows: [u32; N],
    /// How many entries there are up to the last in use.
    used: usize,
}

impl<const N: usize> Slots<N> {
    /// All entries are free.
    pub(crate) const EMPTY: Self = Self {
        windows: [0; N],
        used: 0,
    };

    /// Gives a window at `base` as many entries as it needs, and calls `set(index, entry)` for each, in the order of
    /// `entries` and with rising index.
    ///
    /// # Errors
    /// [`Error::Exhausted`] when there are fewer free entries; then nothing is set.
    pub(crate) fn put<E: Copy>(
        &mut self,
        base: u32,
        entries: &[E],
        mut set: impl FnMut(usize, E),
    ) -> Result<(), Error> {
        if self.free() < entries.len() {
            return Err(Error::Exhausted);
        }
        let free = self.windows.iter_mut().enumerate();
        for ((index, window), entry) in free.filter(|(_, window)| **window == 0).zip(entries) {
            self.used = self.used.max(index + 1);
            *window = base | USED;
            set(index, *entry);
        }
        Ok(())
    }

    /// Like [`put`](Self::put), but with adjacent entries, for hardware on which an entry depends on the one before.
    ///
    /// # Errors
    /// [`Error::Exhausted`] when there is no such run of free entries; then nothing is set.
    pub(crate) fn put_adjacent<E: Copy>(
        &mut self,
        base: u32,
        entries: &[E],
        mut set: impl FnMut(usize, E),
    ) -> Result<(), Error> {
        let mut run = 0;
        for (index, window) in self.windows.iter().enumerate() {
            run = if *window == 0 { run + 1 } else { 0 };
            if run < entries.len() {
                continue;
            }
            let first = index + 1 - entries.len();
            self.used = self.used.max(index + 1);
            for ((index, window), entry) in
                self.windows.iter_mut().enumerate().skip(first).zip(entries)
            {
                *window = base | USED;
                set(index, *entry);
            }
            return Ok(());
        }
        Err(Error::Exhausted)
    }

    /// Frees the entries of the window at `base`, if there are any, and has `clear` empty each.
    #[inline]
    pub(crate) fn remove(&mut self, base: u32, mut clear: impl FnMut(usize)) {
        let mut used = 0;
        for (index, window) in self.windows.iter_mut().take(self.used).enumerate() {
            if *window == base | USED {
                *window = 0;
                clear(index);
            } else if *window != 0 {
                used = index + 1;
            }
        }
        self.used = used;
    }

    /// Moves entries down, in the same order, until all free ones are at the end. Then the free entries are adjacent.
    /// Calls `moved(from, to)`, which moves the hardware's entry.
    pub(crate) fn compact(&mut self, mut moved: impl FnMut(usize, usize)) {
        let windows = Cell::from_mut(&mut self.windows[..]).as_slice_of_cells();
        let mut places = windows.iter().enumerate();
        let mut used = 0;
        for (from, window) in windows.iter().enumerate().take(self.used) {
            if window.get() == 0 {
                continue;
            }
            let Some((to, place)) = places.next() else {
                break;
            };
            if from != to {
                place.set(window.take());
                moved(from, to);
            }
            used = to + 1;
        }
        self.used = used;
    }

    /// How many entries there are up to the last in use.
    pub(crate) const fn used(&self) -> usize {
        self.used
    }

    /// How many entries no window has.
    pub(crate) fn free(&self) -> usize {
        self.windows.iter().filter(|window| **window == 0).count()
    }
}

#[cfg(test)]
mod tests;
