//! Access to a range of device registers.

use super::access::Width;
use crate::sys::Error;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A range of device registers that may be used for `'w`. It has at least `SIZE` bytes; with `SIZE` 0 its length is
/// known only at run time.
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
/// Accesses at constant offsets do not check that the window still exists. An orderly lease ends only after the values
/// that hold the window are dropped. If the lessor dies first, the access is a fault of the task. The `try_` accessors
/// answer `Revoked` instead.
pub struct Window<'w, const SIZE: usize = 0> {
    base: NonNull<u8>,
    length: usize,
    writable: bool,
    window: PhantomData<&'w ()>,
}

/// Declares the accessors of one width.
macro_rules! accessors {
    ($($width:ty, $bytes:literal: $read:ident $write:ident $try_read:ident $try_write:ident;)*) => {$(
        #[doc = concat!("Loads ", $bytes, " bytes at a constant offset.")]
        #[inline(always)]
        #[must_use]
        pub fn $read<const OFFSET: usize>(&self) -> $width {
            const { Self::check_offset(OFFSET, $bytes) };
            // SAFETY: the offset is aligned and inside the window, which is claimed for `'w`.
            unsafe { <$width>::load(self.base.add(OFFSET).cast().as_ptr()) }
        }

        #[doc = concat!("Stores ", $bytes, " bytes at a constant offset.")]
        #[inline(always)]
        pub fn $write<const OFFSET: usize>(&self, value: $width) {
            const { Self::check_offset(OFFSET, $bytes) };
            // SAFETY: as for loads; device memory is no Rust object that anybody borrows.
            unsafe { <$width>::store(self.base.add(OFFSET).cast().as_ptr(), value) }
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
            if !self.writable {
                return Err(Error::Denied);
            }
            // SAFETY: as for loads.
            if unsafe { <$width>::checked_store(address, value) } { Ok(()) } else { Err(Error::Revoked) }
        }
    )*};
}

impl<'w, const SIZE: usize> Window<'w, SIZE> {
    /// A window at `base`.
    ///
    /// # Errors
    /// `Invalid` when it is empty, smaller than `SIZE`, or not aligned to 8 bytes.
    ///
    /// # Safety
    /// A claim makes `length` bytes at `base` accessible for `'w`; losing them is a fault and nothing worse.
    pub(crate) unsafe fn new(base: usize, length: usize, writable: bool) -> Result<Self, Error> {
        if length == 0 || length < SIZE || !base.is_multiple_of(8) {
            return Err(Error::Invalid);
        }
        let base =
            NonNull::new(core::ptr::with_exposed_provenance_mut(base)).ok_or(Error::Invalid)?;
        Ok(Self {
            base,
            length,
            writable,
            window: PhantomData,
        })
    }

    /// Length in bytes; at least `SIZE`.
    #[inline]
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether the lease lets the task write.
    pub const fn is_writable(&self) -> bool {
        self.writable
    }

    /// A part of the window, for as long as this is borrowed.
    ///
    /// ```
    /// use driver_testing::Offer;
    /// use userlib::sys::{Error, GrantKind};
    ///
    /// let offer = Offer::new("uart", 0, 0).with_bytes("r", GrantKind::Mmio, &[0; 8], 0x40);
    /// let read = offer.bind(|device| {
    ///     let registers = device.io_mem::<0x40>(0)?;
    ///     let port = registers.sub::<0x10, 8>();
    ///     port.write32::<4>(7);
    ///     let same = registers.try_sub(0x10, 8)?; // any size, bounds checked when it runs
    ///     assert_eq!(registers.try_sub(0x40, 8).err(), Some(Error::Invalid));
    ///     same.try_read32(4)
    /// });
    /// assert_eq!(read, Ok(7));
    /// ```
    /// ```compile_fail
    /// # use userlib::io::Window;
    /// fn past(registers: &Window<'_, 0x40>) -> usize {
    ///     registers.sub::<0x40, 8>().len() // the sub-window ends past the window's size
    /// }
    /// # std::hint::black_box(past as fn(&Window<'_, 0x40>) -> usize);
    /// ```
    #[inline]
    pub fn sub<const OFFSET: usize, const LENGTH: usize>(&self) -> Window<'_, LENGTH> {
        const {
            assert!(
                SIZE != 0,
                "the window's size is not known when the program is compiled: use `try_sub`"
            );
            assert!(LENGTH != 0, "a sub-window is not empty");
            assert!(
                OFFSET.is_multiple_of(8),
                "a sub-window starts at a multiple of 8 bytes"
            );
            assert!(
                OFFSET <= SIZE && LENGTH <= SIZE - OFFSET,
                "the sub-window ends past the window's size"
            );
        }
        // SAFETY: `OFFSET` is inside the window.
        let base = unsafe { self.base.add(OFFSET) };
        Window {
            base,
            length: LENGTH,
            writable: self.writable,
            window: PhantomData,
        }
    }

    /// A part of the window, for as long as this is borrowed; bounds are checked at run time.
    ///
    /// # Errors
    /// `Invalid` when it is empty, ends past the window, or does not start at a multiple of 8 bytes.
    pub fn try_sub(&self, offset: usize, length: usize) -> Result<Window<'_>, Error> {
        let room = self.length.checked_sub(offset).ok_or(Error::Invalid)?;
        if length == 0 || length > room || !offset.is_multiple_of(8) {
            return Err(Error::Invalid);
        }
        // SAFETY: `offset` is inside the window.
        let base = unsafe { self.base.add(offset) };
        Ok(Window {
            base,
            length,
            writable: self.writable,
            window: PhantomData,
        })
    }

    /// The compile-time check.
    const fn check_offset(offset: usize, bytes: usize) {
        assert!(
            SIZE != 0,
            "the window's size is not known when the program is compiled: use the `try_` accessors"
        );
        assert!(
            offset.is_multiple_of(bytes),
            "the offset is not a multiple of the access's size"
        );
        assert!(
            bytes <= SIZE && offset <= SIZE - bytes,
            "the offset is past the window's size"
        );
    }

    /// The run-time check.
    #[inline]
    fn checked_address(&self, offset: usize, bytes: usize) -> Result<usize, Error> {
        let fits = self
            .length
            .checked_sub(bytes)
            .is_some_and(|last| offset <= last);
        if !fits || !offset.is_multiple_of(bytes) {
            return Err(Error::Invalid);
        }
        Ok(self.base.as_ptr().expose_provenance() + offset)
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

impl<const SIZE: usize> fmt::Debug for Window<'_, SIZE> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "window {:p}+{:#x}", self.base, self.length)
    }
}
