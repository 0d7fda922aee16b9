//! A fixed table whose entries are named by numbers that the kernel keeps itself.
//!
//! Such a number is always in range, which the compiler cannot know. One cold function for
//! all the places where it could be out of range keeps the checks small.

use core::ops::{Deref, DerefMut, Index, IndexMut};

/// `N` entries.
#[repr(transparent)]
pub(crate) struct Table<R, const N: usize>(pub(crate) [R; N]);

/// The kernel's own tables contradict each other.
#[cold]
#[inline(never)]
pub(crate) fn no_such_entry() -> ! {
    panic!("a kernel table is corrupt")
}

impl<R, const N: usize> Index<usize> for Table<R, N> {
    type Output = R;

    #[inline(always)]
    fn index(&self, index: usize) -> &R {
        match self.0.get(index) {
            Some(entry) => entry,
            None => no_such_entry(),
        }
    }
}

impl<R, const N: usize> IndexMut<usize> for Table<R, N> {
    #[inline(always)]
    fn index_mut(&mut self, index: usize) -> &mut R {
        match self.0.get_mut(index) {
            Some(entry) => entry,
            None => no_such_entry(),
        }
    }
}

impl<R, const N: usize> Deref for Table<R, N> {
    type Target = [R];

    fn deref(&self) -> &[R] {
        &self.0
    }
}

impl<R, const N: usize> DerefMut for Table<R, N> {
    fn deref_mut(&mut self) -> &mut [R] {
        &mut self.0
    }
}
