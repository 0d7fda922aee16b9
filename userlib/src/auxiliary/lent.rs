//! Values in lent memory, read by copy.

use super::{Lendable, Lender, Receiver};
use crate::sys::Error;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;
use zerocopy::{Immutable, IntoBytes, TryFromBytes};

/// Most bytes of a value in lent memory.
pub(super) const MOST: usize = 512;

/// Copies from lent memory; words where both ends are aligned, so that a value of up to a word is never torn.
///
/// # Safety
/// `into.len()` bytes at `from` are lent memory or own arena, mapped readable.
pub(crate) unsafe fn copy_in(from: NonNull<u8>, into: &mut [u8]) {
    let mut at = 0;
    while at < into.len() {
        // SAFETY: `at` is inside.
        let place = unsafe { from.add(at) };
        let rest = into.len() - at;
        let aligned = |bytes: usize| rest >= bytes && place.addr().get().is_multiple_of(bytes);
        // SAFETY: inside and aligned; volatile, because another task may write.
        at += unsafe {
            if cfg!(target_pointer_width = "64") && aligned(8) {
                into[at..at + 8]
                    .copy_from_slice(&place.cast::<u64>().read_volatile().to_ne_bytes());
                8
            } else if aligned(4) {
                into[at..at + 4]
                    .copy_from_slice(&place.cast::<u32>().read_volatile().to_ne_bytes());
                4
            } else if aligned(2) {
                into[at..at + 2]
                    .copy_from_slice(&place.cast::<u16>().read_volatile().to_ne_bytes());
                2
            } else {
                into[at] = place.read_volatile();
                1
            }
        };
    }
}

/// Copies into lent memory, as [`copy_in`].
///
/// # Safety
/// `from.len()` bytes at `into` are lent memory or own arena, mapped writable.
pub(crate) unsafe fn copy_out(from: &[u8], into: NonNull<u8>) {
    let mut at = 0;
    while at < from.len() {
        // SAFETY: `at` is inside.
        let place = unsafe { into.add(at) };
        let rest = &from[at..];
        let aligned = |bytes: usize| place.addr().get().is_multiple_of(bytes);
        // SAFETY: inside and aligned; volatile, because another task may read.
        at += unsafe {
            if let (true, Some(&word)) = (
                cfg!(target_pointer_width = "64") && aligned(8),
                rest.first_chunk(),
            ) {
                place.cast::<u64>().write_volatile(u64::from_ne_bytes(word));
                8
            } else if let (true, Some(&word)) = (aligned(4), rest.first_chunk()) {
                place.cast::<u32>().write_volatile(u32::from_ne_bytes(word));
                4
            } else if let (true, Some(&word)) = (aligned(2), rest.first_chunk()) {
                place.cast::<u16>().write_volatile(u16::from_ne_bytes(word));
                2
            } else {
                place.write_volatile(rest[0]);
                1
            }
        };
    }
}

/// Reads a value by copy and checks it.
///
/// # Safety
/// As for [`copy_in`], for the size of `T`.
pub(super) unsafe fn read<T: TryFromBytes>(from: NonNull<u8>) -> Result<T, Error> {
    const {
        assert!(
            size_of::<T>() <= MOST,
            "a value in lent memory has at most 512 bytes"
        )
    }
    let mut bytes = [0; MOST];
    let bytes = &mut bytes[..size_of::<T>()];
    // SAFETY: the caller's promise.
    unsafe { copy_in(from, bytes) };
    T::try_read_from_bytes(bytes).map_err(|_| Error::Protocol)
}

/// A value in the parent's memory that the child may read.
///
/// Each read is a checked copy. The parent may write in the middle of one: a value longer than a
/// word may then be half old and half new, though always a value of its type.
pub struct Lent<'a, T> {
    address: NonNull<u8>,
    lent: PhantomData<&'a T>,
}

impl<T> Clone for Lent<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Lent<'_, T> {}

impl<T: TryFromBytes> Lent<'_, T> {
    /// Copies the value.
    ///
    /// # Errors
    /// `Protocol` when the bytes are no `T`: the other side does not keep to the type.
    #[inline]
    pub fn read(&self) -> Result<T, Error> {
        // SAFETY: a `Lent` is only made of memory that stays mapped for its lifetime.
        unsafe { read(self.address) }
    }
}

impl<'a, T: IntoBytes + TryFromBytes + Immutable + 'static> Lendable<'a> for Lent<'a, T> {
    type Offer = Self;

    fn lend(offer: &Self, to: &mut Lender<'_>) -> Result<(), Error> {
        to.put_cell(offer.address)
    }

    fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        let address = from.take_cell(size_of::<T>(), align_of::<T>())?;
        Ok(Self {
            address,
            lent: PhantomData,
        })
    }
}

/// The parent's end of a [`Lent`]: it writes.
pub struct LentCell<'cap, T> {
    lent: Lent<'cap, T>,
}

impl<'cap, T: IntoBytes + TryFromBytes + Immutable + 'static> LentCell<'cap, T> {
    /// A cell at this address.
    ///
    /// # Safety
    /// Own arena memory, aligned for `T`, that nothing else writes for `'cap`.
    pub(super) const unsafe fn new(address: NonNull<u8>) -> Self {
        Self {
            lent: Lent {
                address,
                lent: PhantomData,
            },
        }
    }

    /// What goes into the payload.
    pub const fn lent(&self) -> Lent<'cap, T> {
        self.lent
    }

    /// Writes a new value; in one piece when it fits a word.
    #[inline]
    pub fn write(&mut self, value: T) {
        // SAFETY: own arena memory of this size.
        unsafe { copy_out(value.as_bytes(), self.lent.address) }
    }
}

impl<T> fmt::Debug for Lent<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Lent({:p})", self.address)
    }
}

impl<T> fmt::Debug for LentCell<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LentCell({:p})", self.lent.address)
    }
}
