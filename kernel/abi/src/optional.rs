//! A number in a record that may be absent.

use crate::{LeaseHandle, TaskHandle};
use core::fmt;
use core::marker::PhantomData;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A handle or an index in a record, or none: in memory all bits are set then.
///
/// ```
/// use leasehold_abi::{Optional, TaskHandle};
///
/// let task = TaskHandle::new(2, 1);
/// assert_eq!(Optional::some(task).get(), Some(task));
/// assert_eq!(Optional::<TaskHandle>::NONE.get(), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct Optional<T> {
    raw: u32,
    value: PhantomData<T>,
}

/// What [`Optional`] holds: a value of 32 bits, of which that with all bits set is none.
pub trait Word: Copy {
    /// The value with these bits.
    fn from_word(word: u32) -> Self;
    /// Its bits.
    fn word(self) -> u32;
}

impl Word for u32 {
    fn from_word(word: u32) -> Self {
        word
    }
    fn word(self) -> u32 {
        self
    }
}

macro_rules! handles {
    ($($handle:ident)*) => {$(
        impl Word for $handle {
            fn from_word(word: u32) -> Self {
                Self::from_raw(word)
            }
            fn word(self) -> u32 {
                self.raw()
            }
        }
    )*};
}
handles!(TaskHandle LeaseHandle);

impl<T> Optional<T> {
    /// None.
    pub const NONE: Self = Self {
        raw: u32::MAX,
        value: PhantomData,
    };
}

impl<T: Word> Optional<T> {
    /// This value.
    pub fn some(value: T) -> Self {
        Self {
            raw: value.word(),
            ..Self::NONE
        }
    }

    /// The value, if there is one.
    pub fn get(self) -> Option<T> {
        (self.raw != u32::MAX).then(|| T::from_word(self.raw))
    }
}

impl<T> Default for Optional<T> {
    fn default() -> Self {
        Self::NONE
    }
}

impl<T: Word> From<Option<T>> for Optional<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::NONE, Self::some)
    }
}

impl<T: Word + fmt::Debug> fmt::Debug for Optional<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(formatter)
    }
}
