//! Some values in memory that others change: volatile copies in and out, bounds checked.

use super::Field;
use crate::auxiliary::{copy_in, copy_out};
use crate::ipc::{ReadLoan, WriteLoan};
use crate::sys::Error;
use core::ops::Range;
use core::ptr::NonNull;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// Bytes that are copied at once between a loan and such memory.
const CHUNK: usize = 128;

/// `count` values of `T` that the task may reach as long as whoever made this says.
pub(super) struct Memory<T> {
    base: NonNull<T>,
    count: usize,
}

impl<T> Memory<T> {
    /// `count` values at `base`.
    ///
    /// # Safety
    /// They are mapped, aligned, and only reached through pointers, for as long as this is used; any bits are a `T`.
    pub(super) const unsafe fn new(base: NonNull<T>, count: usize) -> Self {
        Self { base, count }
    }

    pub(super) const fn base(&self) -> NonNull<T> {
        self.base
    }

    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// First address and length in bytes.
    pub(super) fn range(&self) -> (usize, usize) {
        (self.base.addr().get(), self.count * size_of::<T>())
    }

    /// The value of this number.
    fn place(&self, index: usize) -> Result<NonNull<T>, Error> {
        if index >= self.count {
            return Err(Error::Invalid);
        }
        // SAFETY: inside.
        Ok(unsafe { self.base.add(index) })
    }

    /// `count` values from `index` on.
    fn places(&self, index: usize, count: usize) -> Result<NonNull<T>, Error> {
        if count > self.count.checked_sub(index).ok_or(Error::Invalid)? {
            return Err(Error::Invalid);
        }
        // SAFETY: inside, or at the end.
        Ok(unsafe { self.base.add(index) })
    }

    /// A field of a value.
    fn field<F>(&self, index: usize, field: Field<T, F>) -> Result<NonNull<u8>, Error> {
        let end = field.offset().checked_add(size_of::<F>());
        if end.is_none_or(|end| end > size_of::<T>()) {
            return Err(Error::Invalid);
        }
        // SAFETY: inside the value.
        Ok(unsafe { self.place(index)?.cast::<u8>().add(field.offset()) })
    }
}

impl<T: FromBytes + IntoBytes + Immutable> Memory<T> {
    pub(super) fn read(&self, index: usize) -> Result<T, Error> {
        let place = self.place(index)?;
        // SAFETY: inside and aligned; any bits are a `T`.
        Ok(unsafe { place.read_volatile() })
    }

    pub(super) fn write(&self, index: usize, value: T) -> Result<(), Error> {
        let place = self.place(index)?;
        // SAFETY: inside and aligned, and no Rust object.
        unsafe { place.write_volatile(value) };
        Ok(())
    }

    pub(super) fn copy_to(&self, index: usize, into: &mut [T]) -> Result<(), Error> {
        let from = self.places(index, into.len())?;
        // SAFETY: inside; any bits are a `T`.
        unsafe { copy_in(from.cast(), into.as_mut_bytes()) };
        Ok(())
    }

    pub(super) fn copy_from(&self, index: usize, from: &[T]) -> Result<(), Error> {
        let into = self.places(index, from.len())?;
        // SAFETY: inside, and no Rust object.
        unsafe { copy_out(from.as_bytes(), into.cast()) };
        Ok(())
    }

    pub(super) fn read_field<F>(&self, index: usize, field: Field<T, F>) -> Result<F, Error>
    where
        F: FromBytes + IntoBytes + Immutable,
    {
        let place = self.field(index, field)?;
        if place.cast::<F>().is_aligned() {
            // SAFETY: inside and aligned; any bits are an `F`.
            return Ok(unsafe { place.cast::<F>().read_volatile() });
        }
        let mut value = F::new_zeroed();
        // SAFETY: inside; any bits are an `F`.
        unsafe { copy_in(place, value.as_mut_bytes()) };
        Ok(value)
    }

    pub(super) fn write_field<F>(
        &self,
        index: usize,
        field: Field<T, F>,
        value: F,
    ) -> Result<(), Error>
    where
        F: FromBytes + IntoBytes + Immutable,
    {
        let place = self.field(index, field)?;
        // SAFETY: inside, aligned where it is one access, and no Rust object.
        unsafe {
            if place.cast::<F>().is_aligned() {
                place.cast::<F>().write_volatile(value);
            } else {
                copy_out(value.as_bytes(), place);
            }
        }
        Ok(())
    }
}

impl Memory<u8> {
    /// Copies all of `bytes` from the loan, from its `offset` on.
    pub(super) fn take(
        &self,
        bytes: Range<usize>,
        loan: &ReadLoan,
        offset: usize,
    ) -> Result<(), Error> {
        self.places(bytes.start, bytes.len())?;
        let mut chunk = [0; CHUNK];
        for at in bytes.clone().step_by(CHUNK) {
            let length = CHUNK.min(bytes.end - at);
            let offset = offset.checked_add(at - bytes.start).ok_or(Error::Invalid)?;
            if loan.read(offset, &mut chunk[..length])? != length {
                return Err(Error::Invalid);
            }
            self.copy_from(at, &chunk[..length])?;
        }
        Ok(())
    }

    /// Copies all of `bytes` into the loan, from its `offset` on.
    pub(super) fn give(
        &self,
        bytes: Range<usize>,
        loan: &WriteLoan,
        offset: usize,
    ) -> Result<(), Error> {
        self.places(bytes.start, bytes.len())?;
        let mut chunk = [0; CHUNK];
        for at in bytes.clone().step_by(CHUNK) {
            let length = CHUNK.min(bytes.end - at);
            let offset = offset.checked_add(at - bytes.start).ok_or(Error::Invalid)?;
            self.copy_to(at, &mut chunk[..length])?;
            if loan.write(offset, &chunk[..length])? != length {
                return Err(Error::Invalid);
            }
        }
        Ok(())
    }
}
