//! A field of a structure that lies in DMA memory.

use core::fmt;
use core::marker::PhantomData;

/// The field of type `F` in a structure `S`: what [`field!`](crate::field) makes.
pub struct Field<S, F> {
    offset: usize,
    kind: PhantomData<fn(&S) -> &F>,
}

impl<S, F> Field<S, F> {
    /// The field at this offset. The function is only there for its type.
    #[doc(hidden)]
    pub const fn of(_: fn(&S) -> &F, offset: usize) -> Self {
        Self {
            offset,
            kind: PhantomData,
        }
    }

    /// Where it begins, in bytes. Who uses it checks that it is in the structure.
    pub(super) const fn offset(&self) -> usize {
        self.offset
    }
}

impl<S, F> Clone for Field<S, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, F> Copy for Field<S, F> {}

impl<S, F> fmt::Debug for Field<S, F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "field at {:#x}", self.offset)
    }
}

/// Names a field of a structure in DMA memory, to read or write it where it is: `field!(Descriptor, flags)`.
///
/// ```
/// use userlib::Error;
/// use userlib::dma::DmaBuffer;
/// use zerocopy::{FromBytes, Immutable, IntoBytes};
///
/// #[derive(FromBytes, IntoBytes, Immutable)]
/// #[repr(C)]
/// struct Descriptor {
///     address: u64,
///     length: u32,
///     flags: u32,
/// }
/// const DONE: u32 = 1;
///
/// fn is_done(ring: &DmaBuffer<'_, Descriptor>, index: usize) -> Result<bool, Error> {
///     Ok(ring.read_field(index, userlib::field!(Descriptor, flags))? & DONE != 0)
/// }
/// ```
#[macro_export]
macro_rules! field {
    ($structure:ty, $($field:tt)+) => {
        $crate::dma::Field::of(
            |structure: &$structure| &structure.$($field)+,
            ::core::mem::offset_of!($structure, $($field)+),
        )
    };
}
