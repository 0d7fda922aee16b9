//! Access to a range of device registers.

use super::Part;
use super::access::Width;
use crate::sys::Error;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A range of device registers. It has at least `SIZE` bytes; with `SIZE` 0 its length is known only at run time. It
/// starts at a multiple of `ALIGN` bytes: 8 for what is claimed, 4 for a part of it.
///
/// It is borrowed from what has the claim, for example an [`IoMem`](super::IoMem), and a [`Part`] of it is too.
///
/// A constant offset is checked when the program is compiled, and the access is one instruction:
///
/// ```
/// # use userlib::io::Window;
/// fn status(registers: &Window<'_, 0x100>) -> u32 {
///     registers.read32::<0x10>()
/// }
/// ```
/// ```compile_fail
/// # use userlib::io::Window;
/// fn status(registers: &Window<'_, 0x100>) -> u32 {
///     registers.read32::<0x100>() // past the end
/// }
/// # std::hint::black_box(status as fn(&Window<'_, 0x100>) -> u32);
/// ```
///
/// [`registers!`](crate::registers) gives registers names, and says on the driver's own line which one does not fit.
///
/// Accesses at constant offsets do not check that the window still exists. An orderly lease ends only after the values
/// that hold the window are dropped. If the lessor dies first, the access is a fault of the task. The `try_` accessors
/// answer `Revoked` instead.
#[repr(transparent)]
pub struct Window<'w, const SIZE: usize = 0, const ALIGN: usize = 8> {
    range: Extent<'w>,
}

/// Where a window is.
#[derive(Clone, Copy)]
pub(super) struct Extent<'w> {
    base: NonNull<u8>,
    length: usize,
    writable: bool,
    window: PhantomData<&'w ()>,
}

/// The check of a constant offset, when the program is compiled.
pub(super) struct Access<
    const SIZE: usize,
    const ALIGN: usize,
    const OFFSET: usize,
    const BYTES: usize,
>;

impl<const SIZE: usize, const ALIGN: usize, const OFFSET: usize, const BYTES: usize>
    Access<SIZE, ALIGN, OFFSET, BYTES>
{
    /// Fails to compile if the access is not possible.
    const FITS: () = {
        assert!(
            SIZE != 0,
            "the window's size is not known when the program is compiled: use the `try_` accessors"
        );
        assert!(
            BYTES <= ALIGN,
            "the window is a part, which starts at a multiple of 4 bytes: access it by 4 bytes at most"
        );
        assert!(
            OFFSET.is_multiple_of(BYTES),
            "the offset is not a multiple of the access's size"
        );
        assert!(
            BYTES <= SIZE && OFFSET <= SIZE - BYTES,
            "the offset is past the window's size"
        );
    };
}

/// Declares the accessors of one width.
macro_rules! accessors {
    ($($width:ty, $bytes:literal: $read:ident $write:ident $try_read:ident $try_write:ident;)*) => {$(
        #[doc = concat!("Loads ", $bytes, " bytes at a constant offset.")]
        #[inline(always)]
        #[must_use]
        pub fn $read<const OFFSET: usize>(&self) -> $width {
            let () = Access::<SIZE, ALIGN, OFFSET, $bytes>::FITS;
            // SAFETY: the offset is aligned and inside the window, which is claimed for `'w`.
            unsafe { <$width>::load(self.range.base.add(OFFSET).cast().as_ptr()) }
        }

        #[doc = concat!("Stores ", $bytes, " bytes at a constant offset.")]
        #[inline(always)]
        pub fn $write<const OFFSET: usize>(&self, value: $width) {
            let () = Access::<SIZE, ALIGN, OFFSET, $bytes>::FITS;
            // SAFETY: as for loads; device memory is no Rust object that anybody borrows.
            unsafe { <$width>::store(self.range.base.add(OFFSET).cast().as_ptr(), value) }
        }

        #[doc = concat!("Loads ", $bytes, " bytes, if that is possible.")]
        ///
        /// # Errors
        /// `Invalid` past the end or not aligned, `Revoked` when the window is gone.
        #[inline]
        pub fn $try_read(&self, offset: usize) -> Result<$width, Error> {
            let address = self.checked_address(offset, $bytes)?;
            // SAFETY: aligned and inside the window; whether it is still there is what is checked.
            unsafe { <$width>::checked_load(address) }.ok_or(Error::Revoked)
        }

        #[doc = concat!("Stores ", $bytes, " bytes, if that is possible.")]
        ///
        /// # Errors
        /// As for loads, and `Denied` when the lease does not let the task write.
        #[inline]
        pub fn $try_write(&self, offset: usize, value: $width) -> Result<(), Error> {
            let address = self.checked_address(offset, $bytes)?;
            if !self.range.writable {
                return Err(Error::Denied);
            }
            // SAFETY: as for loads.
            if unsafe { <$width>::checked_store(address, value) } { Ok(()) } else { Err(Error::Revoked) }
        }
    )*};
}

impl<const SIZE: usize> Window<'_, SIZE> {
    /// A window at `base`.
    ///
    /// # Errors
    /// `Invalid` when it is empty, smaller than `SIZE`, or not aligned to 8 bytes.
    ///
    /// # Safety
    /// A claim makes `length` bytes at `base` accessible for as long as the window is borrowed, and every part of it;
    /// losing them is a fault and nothing worse.
    pub(crate) unsafe fn new(base: usize, length: usize, writable: bool) -> Result<Self, Error> {
        if length == 0 || length < SIZE || !base.is_multiple_of(8) {
            return Err(Error::Invalid);
        }
        let base =
            NonNull::new(core::ptr::with_exposed_provenance_mut(base)).ok_or(Error::Invalid)?;
        let range = Extent {
            base,
            length,
            writable,
            window: PhantomData,
        };
        Ok(Self { range })
    }
}

impl<'w, const SIZE: usize, const ALIGN: usize> Window<'w, SIZE, ALIGN> {
    /// All of it, for all of its lifetime. Only for a window whose claim lasts as long.
    pub(super) const fn lasting(&self) -> Part<'w, SIZE, ALIGN> {
        Part::of(self.range)
    }

    /// Length in bytes; at least `SIZE`.
    #[inline]
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub const fn len(&self) -> usize {
        self.range.length
    }

    /// Whether the lease lets the task write.
    pub const fn is_writable(&self) -> bool {
        self.range.writable
    }

    /// All of it, for as long as this is borrowed.
    #[inline(always)]
    pub const fn all(&self) -> Part<'_, SIZE, ALIGN> {
        Part::of(self.range)
    }

    /// The part of `LENGTH` bytes at a constant offset, for as long as this is borrowed.
    ///
    /// ```
    /// use driver_testing::Offer;
    /// use userlib::sys::{Error, GrantKind};
    ///
    /// let offer = Offer::new("uart", 0, 0).with_bytes("r", GrantKind::Mmio, &[0; 8], 0x40);
    /// let read = offer.bind(|device| {
    ///     let registers = device.io_mem::<0x40>(0)?;
    ///     let port = registers.sub::<0x14, 8>();
    ///     port.write32::<4>(7);
    ///     let same = registers.part::<8>(0x14)?; // the offset is checked when it runs
    ///     assert_eq!(same.read32::<4>(), 7);
    ///     let same = registers.try_sub(0x14, 8)?; // the length too
    ///     assert_eq!(registers.try_sub(0x40, 8).err(), Some(Error::Invalid));
    ///     same.try_read32(4)
    /// });
    /// assert_eq!(read, Ok(7));
    /// ```
    /// ```compile_fail
    /// # use userlib::io::Window;
    /// fn past(registers: &Window<'_, 0x40>) -> usize {
    ///     registers.sub::<0x40, 8>().len() // the part ends past the window's size
    /// }
    /// # std::hint::black_box(past as fn(&Window<'_, 0x40>) -> usize);
    /// ```
    #[inline]
    pub const fn sub<const OFFSET: usize, const LENGTH: usize>(&self) -> Part<'_, LENGTH, 4> {
        self.all().sub::<OFFSET, LENGTH>()
    }

    /// The part of `LENGTH` bytes from `offset` on, for as long as this is borrowed. The offset is checked when it
    /// runs, the offsets in the part when the program is compiled.
    ///
    /// # Errors
    /// `Invalid` when it ends past the window, or does not start at a multiple of 4 bytes.
    #[inline]
    pub fn part<const LENGTH: usize>(&self, offset: usize) -> Result<Part<'_, LENGTH, 4>, Error> {
        self.all().part(offset)
    }

    /// A part of the window, for as long as this is borrowed; bounds are checked at run time.
    ///
    /// # Errors
    /// `Invalid` when it is empty, ends past the window, or does not start at a multiple of 4 bytes.
    pub fn try_sub(&self, offset: usize, length: usize) -> Result<Part<'_, 0, 4>, Error> {
        self.all().try_sub(offset, length)
    }

    /// The run-time check.
    #[inline]
    fn checked_address(&self, offset: usize, bytes: usize) -> Result<usize, Error> {
        let fits = (self.range.length)
            .checked_sub(bytes)
            .is_some_and(|last| offset <= last);
        let start = self.range.base.as_ptr().expose_provenance();
        // The start may be a multiple of 4 only. No overflow: the offset is in the window.
        if !fits || !(start + offset).is_multiple_of(bytes) {
            return Err(Error::Invalid);
        }
        Ok(start + offset)
    }

    accessors! {
        u8, 1: read8 write8 try_read8 try_write8;
        u16, 2: read16 write16 try_read16 try_write16;
        u32, 4: read32 write32 try_read32 try_write32;
    }
    #[cfg(target_pointer_width = "64")]
    accessors! {
        u64, 8: read64 write64 try_read64 try_write64;
    }
}

impl<'w> Extent<'w> {
    /// The first byte.
    pub(super) const fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// `length` bytes from `offset` on.
    ///
    /// # Safety
    /// They are in the range.
    #[inline(always)]
    pub(super) const unsafe fn cut(&self, offset: usize, length: usize) -> Extent<'w> {
        Extent {
            // SAFETY: the caller answers for the offset.
            base: unsafe { self.base.add(offset) },
            length,
            ..*self
        }
    }
}

impl<const SIZE: usize, const ALIGN: usize> fmt::Debug for Window<'_, SIZE, ALIGN> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "window {:p}+{:#x}",
            self.range.base, self.range.length
        )
    }
}
