//! A part of a window, to be copied and stored.

use super::register::{Register, RegisterArray};
use super::window::{Extent, Window};
use crate::sys::Error;
use core::fmt;
use core::ops::Deref;

/// A part of a [`Window`], or all of it: `SIZE` bytes (0: as many as it has) that may be used for `'w`.
///
/// It can be copied, and parts of it last as long as it does. So parts of a window that is kept until the binding ends
/// (`Bar::keep`, `IoMem::keep`) may be stored beside each other:
///
/// ```
/// use userlib::Error;
/// use userlib::io::Part;
/// use userlib::runtime::{Bound, Device};
///
/// userlib::registers! {
///     /// What the device says of itself where its capability says that this is.
///     struct Common: 0x38 {
///         /// Which queue the others are about.
///         queue: ReadWrite<u16> = 0x16;
///     }
/// }
/// struct State<'cap> {
///     common: Common<'cap>,
///     doorbells: Part<'cap, 0x100, 4>,
/// }
/// fn probe<'cap>(device: &Device<'cap, Bound>, common: usize) -> Result<State<'cap>, Error> {
///     let bar = device.bar::<0x4000>(4)?.keep();
///     Ok(State {
///         common: Common::from(bar.part(common)?),
///         doorbells: bar.sub::<0x3000, 0x100>(),
///     })
/// }
/// ```
#[repr(transparent)]
pub struct Part<'w, const SIZE: usize = 0, const ALIGN: usize = 8> {
    range: Extent<'w>,
}

/// The check of a constant part, when the program is compiled.
struct Cut<const SIZE: usize, const OFFSET: usize, const LENGTH: usize>;

impl<const SIZE: usize, const OFFSET: usize, const LENGTH: usize> Cut<SIZE, OFFSET, LENGTH> {
    /// Fails to compile if the window has no such part.
    const FITS: () = {
        assert!(
            SIZE != 0,
            "the window's size is not known when the program is compiled: use `part` or `try_sub`"
        );
        assert!(LENGTH != 0, "a part is not empty");
        assert!(
            OFFSET.is_multiple_of(4),
            "a part starts at a multiple of 4 bytes"
        );
        assert!(
            OFFSET <= SIZE && LENGTH <= SIZE - OFFSET,
            "the part ends past the window's size"
        );
    };
}

impl<'w, const SIZE: usize, const ALIGN: usize> Part<'w, SIZE, ALIGN> {
    /// This range, which may be used for `'w` and has at least `SIZE` bytes, at a multiple of `ALIGN`.
    #[inline(always)]
    pub(super) const fn of(range: Extent<'w>) -> Self {
        Self { range }
    }

    /// The part of `LENGTH` bytes at a constant offset.
    #[inline]
    pub const fn sub<const OFFSET: usize, const LENGTH: usize>(&self) -> Part<'w, LENGTH, 4> {
        let () = Cut::<SIZE, OFFSET, LENGTH>::FITS;
        // SAFETY: the part has at least `SIZE` bytes, and the check is above.
        Part::of(unsafe { self.range.cut(OFFSET, LENGTH) })
    }

    /// The part of `LENGTH` bytes from `offset` on. The offset is checked when it runs, the offsets in the part when
    /// the program is compiled.
    ///
    /// # Errors
    /// `Invalid` when it ends past this one, or does not start at a multiple of 4 bytes.
    #[inline]
    pub fn part<const LENGTH: usize>(&self, offset: usize) -> Result<Part<'w, LENGTH, 4>, Error> {
        const {
            assert!(
                LENGTH != 0,
                "a part is not empty: for any length use `try_sub`"
            )
        };
        Ok(Part::of(self.try_sub(offset, LENGTH)?.range))
    }

    /// A part of this one; bounds are checked at run time.
    ///
    /// # Errors
    /// `Invalid` when it is empty, ends past this one, or does not start at a multiple of 4 bytes.
    pub fn try_sub(&self, offset: usize, length: usize) -> Result<Part<'w, 0, 4>, Error> {
        let room = self.len().checked_sub(offset).ok_or(Error::Invalid)?;
        if length == 0 || length > room || !offset.is_multiple_of(4) {
            return Err(Error::Invalid);
        }
        // SAFETY: just checked.
        Ok(Part::of(unsafe { self.range.cut(offset, length) }))
    }

    /// For [`registers!`](crate::registers): the same, in a block that needs no more than `ALIGN_NEEDED`.
    #[doc(hidden)]
    #[inline(always)]
    pub const fn aligned<const ALIGN_NEEDED: usize>(self) -> Part<'w, SIZE, ALIGN_NEEDED> {
        const {
            assert!(
                ALIGN_NEEDED <= ALIGN,
                "the block has registers of 8 bytes, and a part of a window starts at a multiple of 4"
            );
        };
        Part::of(self.range)
    }

    /// The register at a constant offset: what [`registers!`](crate::registers) gives a name.
    #[inline(always)]
    pub const fn register<T, R, A, const OFFSET: usize>(&self) -> Register<'w, T, R, A> {
        const {
            assert!(
                register_fits(OFFSET, size_of::<T>(), SIZE) && align_of::<T>() <= ALIGN,
                "the register is not aligned or ends past the part"
            );
        };
        // SAFETY: it is inside, aligned, and may be used for `'w`.
        unsafe { Register::at(self.range.base().add(OFFSET).cast()) }
    }

    /// `COUNT` registers, the first at a constant offset, each `STEP` bytes after the one before.
    #[inline(always)]
    pub const fn registers<T, R, A, const OFFSET: usize, const STEP: usize, const COUNT: usize>(
        &self,
    ) -> RegisterArray<'w, T, R, A, STEP, COUNT> {
        const {
            assert!(
                COUNT != 0 && STEP >= size_of::<T>() && STEP.is_multiple_of(align_of::<T>()),
                "an array of registers has at least one, and they lie apart and aligned"
            );
            assert!(
                register_fits(OFFSET, size_of::<T>(), SIZE)
                    && align_of::<T>() <= ALIGN
                    && (COUNT - 1) <= (SIZE - OFFSET - size_of::<T>()) / STEP,
                "the registers are not aligned or end past the part"
            );
        };
        // SAFETY: all of them are inside, aligned, and may be used for `'w`.
        unsafe { RegisterArray::at(self.range.base().add(OFFSET)) }
    }
}

/// Whether a register of `bytes` bytes at `offset` is aligned, and in a block of `size` bytes.
const fn register_fits(offset: usize, bytes: usize, size: usize) -> bool {
    bytes != 0 && offset.is_multiple_of(bytes) && bytes <= size && offset <= size - bytes
}

impl<'w, const SIZE: usize, const ALIGN: usize> Deref for Part<'w, SIZE, ALIGN> {
    type Target = Window<'w, SIZE, ALIGN>;

    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        // SAFETY: both are transparent wrappers of an `Extent`. A window can be used only while it is borrowed, and a
        // part for longer.
        unsafe { &*core::ptr::from_ref(self).cast() }
    }
}

impl<const SIZE: usize, const ALIGN: usize> Clone for Part<'_, SIZE, ALIGN> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<const SIZE: usize, const ALIGN: usize> Copy for Part<'_, SIZE, ALIGN> {}

impl<const SIZE: usize, const ALIGN: usize> fmt::Debug for Part<'_, SIZE, ALIGN> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}
