//! The lend arena: the part of this task's memory that it may lend.
//!
//! It is allocated in granules, so that a lessee never sees the bytes beside its own. A granule is accessed through
//! pointers only, by volatile or atomic accesses, whether it is lent or not.

use crate::sys::Error;
use core::cell::Cell;
use core::ptr::NonNull;

/// Address and length of lent memory are multiples of this, in bytes: a page on chips with pages. Boards of 32 bits
/// have a protection unit with a granule of 32 bytes; units of 256 bytes need fewer of its entries.
pub(crate) const GRANULE: usize = if cfg!(target_pointer_width = "64") {
    4096
} else {
    256
};
/// Whether the size of each piece of the arena is a power of two, and its address a multiple of the size. One entry of
/// any protection unit covers such a range. Pages need no such rule.
const POWERS: bool = cfg!(not(target_pointer_width = "64"));
/// Address and length of a lent part of a device's window are multiples of this, in bytes: the smallest unit that the
/// hardware can separate (a page; a region of the Arm units).
pub const WINDOW_GRANULE: usize = if cfg!(target_pointer_width = "64") {
    4096
} else {
    32
};
/// Most granules that an arena may have.
const GRANULES: usize = 64;

#[cfg(target_os = "none")]
unsafe extern "C" {
    /// First byte of the arena, by the link script.
    static __arena_start: u8;
    /// First byte after the arena.
    static __arena_end: u8;
}

/// The first byte and the length of the arena.
#[cfg(target_os = "none")]
fn bounds() -> (*mut u8, usize) {
    let (start, end) = (&raw const __arena_start, &raw const __arena_end);
    (start.cast_mut(), end.addr() - start.addr())
}

/// On the host a thread stands for a task, and has four granules.
#[cfg(not(target_os = "none"))]
fn bounds() -> (*mut u8, usize) {
    /// Memory like that of a link script.
    #[repr(align(4096))]
    #[expect(dead_code, reason = "reached by address")]
    struct Memory([u8; 4 * GRANULE]);
    std::thread_local! {
        static MEMORY: *mut u8 = crate::sys::keep(Memory([0; 4 * GRANULE])).cast();
    }
    (MEMORY.with(|memory| *memory), 4 * GRANULE)
}

/// Which granules of the arena are free.
pub(crate) struct Arena {
    taken: Cell<u64>,
}

/// Zeroes memory by words. It may be looked at from outside meanwhile.
///
/// # Safety
/// `length` bytes, a multiple of a word, that this task may write and nobody refers to; `base` is aligned to a word.
pub(crate) unsafe fn zero(base: NonNull<u8>, length: usize) {
    for word in 0..length / size_of::<usize>() {
        // SAFETY: inside, and aligned.
        unsafe { base.cast::<usize>().add(word).write_volatile(0) };
    }
}

/// Adjacent granules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Granules {
    /// The first byte.
    pub(crate) base: NonNull<u8>,
    first: usize,
    count: usize,
}

impl Granules {
    /// Length in bytes.
    pub(crate) const fn length(&self) -> usize {
        self.count * GRANULE
    }

    fn mask(&self) -> u64 {
        mask(self.first, self.count)
    }
}

/// The bits of `count` granules, at least one, from `first` on.
const fn mask(first: usize, count: usize) -> u64 {
    (u64::MAX >> (GRANULES - count)) << first
}

/// Finds free granules for `length` bytes, at least one: returns the first one and their number. The arena has `all`
/// granules; those in `taken` are not free. `before` is the number of granules from address 0 to the arena. With
/// `powers` their number is a power of two, and the first is a multiple of it.
fn find(
    taken: u64,
    before: usize,
    all: usize,
    length: usize,
    powers: bool,
) -> Option<(usize, usize)> {
    let (count, step) = if powers {
        // A length above the arena's would overflow.
        let count = length
            .div_ceil(GRANULE)
            .min(GRANULES + 1)
            .next_power_of_two();
        (count, count)
    } else {
        (length.div_ceil(GRANULE), 1)
    };
    let last = all.checked_sub(count)?;
    (0..=last)
        .filter(|first| (before + first).is_multiple_of(step))
        .find(|first| taken & mask(*first, count) == 0)
        .map(|first| (first, count))
}

impl Arena {
    /// All free.
    pub(crate) const fn new() -> Self {
        Self {
            taken: Cell::new(0),
        }
    }

    /// Takes granules for `length` bytes, zeroed.
    ///
    /// # Errors
    /// `Exhausted`; `Invalid` for no bytes.
    pub(crate) fn take(&self, length: usize) -> Result<Granules, Error> {
        let (start, size) = bounds();
        let all = (size / GRANULE).min(GRANULES);
        if length == 0 {
            return Err(Error::Invalid);
        }
        let base = NonNull::new(start).ok_or(Error::Exhausted)?;
        let before = base.addr().get() / GRANULE;
        let (first, count) =
            find(self.taken.get(), before, all, length, POWERS).ok_or(Error::Exhausted)?;
        // SAFETY: the granules are inside the arena.
        let start = unsafe { base.add(first * GRANULE) };
        let granules = Granules {
            base: start,
            first,
            count,
        };
        // SAFETY: the granules are whole words, and nobody uses them.
        unsafe { zero(granules.base, granules.length()) };
        self.taken.set(self.taken.get() | granules.mask());
        Ok(granules)
    }

    /// How many granules are taken, for tests.
    #[cfg(test)]
    pub(crate) fn taken(&self) -> u32 {
        self.taken.get().count_ones()
    }

    /// Gives back granules that no other task has on lease any more.
    pub(crate) fn free(&self, granules: Granules) {
        self.taken.set(self.taken.get() & !granules.mask());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_pages_a_piece_is_a_power_of_two_at_a_multiple_of_it() {
        // An arena of 16 granules that begins one granule behind a multiple of eight.
        let find = |taken, granules: usize| find(taken, 17, 16, granules * GRANULE, true);
        assert_eq!(find(0, 1), Some((0, 1)));
        assert_eq!(find(0b1, 1), Some((1, 1)));
        assert_eq!(find(0, 2), Some((1, 2)));
        assert_eq!(find(0, 3), Some((3, 4)));
        assert_eq!(find(0b1000, 3), Some((7, 4)));
        assert_eq!(find(0, 5), Some((7, 8)));
        assert_eq!(find(0, 9), None);
        assert_eq!(find(0, usize::MAX / GRANULE), None);
    }

    #[test]
    fn with_pages_a_piece_is_as_long_as_asked_for_and_begins_anywhere() {
        let find = |taken, granules: usize| find(taken, 17, 16, granules * GRANULE, false);
        assert_eq!(find(0, 3), Some((0, 3)));
        assert_eq!(find(0b111, 3), Some((3, 3)));
        assert_eq!(find(0b100, 3), Some((3, 3)));
        assert_eq!(find(0, 17), None);
    }

    #[test]
    fn granules_are_apart_and_come_back() {
        let arena = Arena::new();
        let first = arena.take(1).unwrap();
        let second = arena.take(2 * GRANULE).unwrap();
        assert_eq!(second.base.addr().get() - first.base.addr().get(), GRANULE);
        assert_eq!(arena.take(2 * GRANULE), Err(Error::Exhausted));
        assert_eq!(arena.take(0), Err(Error::Invalid));
        // SAFETY: taken just now.
        unsafe { first.base.write_volatile(7) };
        arena.free(first);
        let again = arena.take(GRANULE).unwrap();
        assert_eq!(again, first);
        // SAFETY: as above.
        let first_byte = unsafe { again.base.read_volatile() };
        assert_eq!(first_byte, 0, "what was in it is gone");
        arena.take(1).unwrap();
        assert_eq!(arena.take(1), Err(Error::Exhausted));
    }
}
