//! A range of memory that is lent, and places in it.

use core::ptr::NonNull;

/// A range of memory that is lent: in the parent's arena, or as claimed by the child.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LentMemory {
    base: NonNull<u8>,
    length: usize,
}

impl LentMemory {
    /// `length` bytes at `base`.
    pub(super) const fn new(base: NonNull<u8>, length: usize) -> Self {
        Self { base, length }
    }

    /// The first byte.
    pub(super) const fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Length in bytes.
    pub(super) const fn length(&self) -> usize {
        self.length
    }

    /// How far into the range `address` is, if it is in it.
    pub(super) fn offset(&self, address: NonNull<u8>) -> Option<u32> {
        let offset = address.addr().get().checked_sub(self.base.addr().get())?;
        if offset < self.length {
            u32::try_from(offset).ok()
        } else {
            None
        }
    }

    /// The address of `length` bytes at `offset`, if those are in the range, not before `first`, and aligned.
    pub(super) fn checked(
        &self,
        offset: u32,
        length: usize,
        align: usize,
        first: usize,
    ) -> Option<NonNull<u8>> {
        let offset = usize::try_from(offset).ok()?;
        let end = offset.checked_add(length)?;
        let aligned = (self.base.addr().get().checked_add(offset)?).is_multiple_of(align);
        if offset < first || end > self.length || !aligned {
            return None;
        }
        // SAFETY: inside the range.
        Some(unsafe { self.base.add(offset) })
    }
}
