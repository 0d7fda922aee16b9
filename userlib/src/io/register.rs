//! Typed registers: a block is a structure of fields over a window.

use super::Window;
use core::marker::PhantomData;

/// Access of a register that is only read.
#[derive(Debug)]
pub struct ReadOnly;
/// Access of a register that is only written.
#[derive(Debug)]
pub struct WriteOnly;
/// Access of a register that is read and written.
#[derive(Debug)]
pub struct ReadWrite;

/// One register of type `T` at `OFFSET` in a window.
#[derive(Debug)]
pub struct Register<'w, T, A, const OFFSET: usize, const SIZE: usize> {
    window: &'w Window<'w, SIZE>,
    kind: PhantomData<(T, A)>,
}

impl<'w, T, A, const OFFSET: usize, const SIZE: usize> Register<'w, T, A, OFFSET, SIZE> {
    /// The register in this window.
    #[inline(always)]
    pub const fn new(window: &'w Window<'w, SIZE>) -> Self {
        Self {
            window,
            kind: PhantomData,
        }
    }
}

/// Declares access by one width.
macro_rules! register {
    ($($width:ty: $read:ident $write:ident;)*) => {$(
        impl<const OFFSET: usize, const SIZE: usize> Register<'_, $width, ReadOnly, OFFSET, SIZE> {
            /// Loads it.
            #[inline(always)]
            #[must_use]
            pub fn read(&self) -> $width {
                self.window.$read::<OFFSET>()
            }
        }
        impl<const OFFSET: usize, const SIZE: usize> Register<'_, $width, WriteOnly, OFFSET, SIZE> {
            /// Stores to it.
            #[inline(always)]
            pub fn write(&self, value: $width) {
                self.window.$write::<OFFSET>(value);
            }
        }
        impl<const OFFSET: usize, const SIZE: usize> Register<'_, $width, ReadWrite, OFFSET, SIZE> {
            /// Loads it.
            #[inline(always)]
            #[must_use]
            pub fn read(&self) -> $width {
                self.window.$read::<OFFSET>()
            }
            /// Stores to it.
            #[inline(always)]
            pub fn write(&self, value: $width) {
                self.window.$write::<OFFSET>(value);
            }
            /// Loads, changes and stores it.
            #[inline(always)]
            pub fn modify(&self, change: impl FnOnce($width) -> $width) {
                self.write(change(self.read()));
            }
        }
    )*};
}

register! {
    u8: read8 write8;
    u16: read16 write16;
    u32: read32 write32;
}
#[cfg(target_pointer_width = "64")]
register! {
    u64: read64 write64;
}

/// Declares a block of registers over a window of fixed size.
///
/// ```
/// userlib::registers! {
///     /// The goldfish clock.
///     pub struct Clock: 0x20 {
///         /// Low half of the time; reading it latches the high half.
///         pub time_low: ReadOnly<u32> = 0x00;
///         /// High half of the alarm.
///         pub alarm_high: ReadWrite<u32> = 0x0c;
///     }
/// }
/// fn now(window: &userlib::io::Window<'_, 0x20>) -> u32 {
///     Clock::new(window).time_low().read()
/// }
/// ```
#[macro_export]
macro_rules! registers {
    ($(#[$doc:meta])* $vis:vis struct $name:ident: $size:literal {
        $($(#[$field_doc:meta])* $field_vis:vis $field:ident: $access:ident<$width:ty> = $offset:literal;)*
    }) => {
        $(#[$doc])*
        #[derive(Debug)]
        $vis struct $name<'w>(&'w $crate::io::Window<'w, $size>);

        const _: () = {
            $(::core::assert!(
                $offset % ::core::mem::size_of::<$width>() == 0
                    && $offset + ::core::mem::size_of::<$width>() <= $size,
                ::core::concat!(
                    "the register `", ::core::stringify!($field),
                    "` is not aligned or ends past the block"
                )
            );)*
        };

        impl<'w> $name<'w> {
            /// The block over this window.
            #[inline(always)]
            $vis const fn new(window: &'w $crate::io::Window<'w, $size>) -> Self {
                Self(window)
            }

            $(
                $(#[$field_doc])*
                #[inline(always)]
                $field_vis const fn $field(&self) -> $crate::io::Register<'w, $width, $crate::io::$access, $offset, $size> {
                    $crate::io::Register::new(self.0)
                }
            )*
        }
    };
}
