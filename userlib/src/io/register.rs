//! Typed registers: a block is a structure of registers over a window, a register is made of named fields.
//!
//! Fields and their values are those of the crate `tock-registers`. This module adds only where a register is and how
//! it is accessed. So a load or store stays one instruction, there is never a reference to device memory, and on the
//! host a [model](crate::sys::mock::DeviceModel) can take the place of the window.

use super::Window;
use crate::sys::Error;
use core::marker::PhantomData;
use tock_registers::fields::FieldValue;
use tock_registers::interfaces::{Readable, Writeable};
use tock_registers::{LocalRegisterCopy, RegisterLongName};

/// Access of a register that is only read.
#[derive(Debug)]
pub struct ReadOnly;
/// Access of a register that is only written.
#[derive(Debug)]
pub struct WriteOnly;
/// Access of a register that is read and written.
#[derive(Debug)]
pub struct ReadWrite;
/// Access of a register that a load changes; so it has `take`, not `get`.
#[derive(Debug)]
pub struct ReadToClear;
/// Access of a register whose bits are cleared by storing ones. It has no `modify`, which would clear all bits that are
/// set.
#[derive(Debug)]
pub struct WriteOneToClear;

/// One register of width `T` with the fields `R`, at `OFFSET` in a window of `SIZE` bytes.
///
/// Its access `A` decides which methods it has: `get`, `read` and `is_set` by [`Readable`](crate::io::Readable), `set`
/// and `write` by [`Writeable`](crate::io::Writeable), `modify` by [`ReadWriteable`](crate::io::ReadWriteable), and
/// [`take`](Self::take) or [`clear`](Self::clear).
pub struct Register<'w, T, R, A, const OFFSET: usize, const SIZE: usize> {
    window: &'w Window<'w, SIZE>,
    kind: PhantomData<(T, R, A)>,
}

impl<T, R, A, const OFFSET: usize, const SIZE: usize> core::fmt::Debug
    for Register<'_, T, R, A, OFFSET, SIZE>
{
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "register at {OFFSET:#x} of {:?}", self.window)
    }
}

impl<'w, T, R, A, const OFFSET: usize, const SIZE: usize> Register<'w, T, R, A, OFFSET, SIZE> {
    /// The register in this window.
    #[inline(always)]
    pub const fn new(window: &'w Window<'w, SIZE>) -> Self {
        Self {
            window,
            kind: PhantomData,
        }
    }
}

/// Whether a register of `bytes` bytes at `offset` is aligned, and in a block of `size` bytes.
#[doc(hidden)]
pub const fn register_fits(offset: usize, bytes: usize, size: usize) -> bool {
    offset.is_multiple_of(bytes) && bytes <= size && offset <= size - bytes
}

/// Declares that a register of this width and access can be loaded.
macro_rules! readable {
    ($width:ty, $read:ident $try_read:ident, $access:ty) => {
        impl<R: RegisterLongName, const OFFSET: usize, const SIZE: usize>
            Register<'_, $width, R, $access, OFFSET, SIZE>
        {
            /// Loads it, if that is possible.
            ///
            /// # Errors
            /// `Revoked` when the window is gone.
            #[inline]
            pub fn try_get(&self) -> Result<$width, Error> {
                self.window.$try_read(OFFSET)
            }
        }

        impl<R: RegisterLongName, const OFFSET: usize, const SIZE: usize> Readable
            for Register<'_, $width, R, $access, OFFSET, SIZE>
        {
            type T = $width;
            type R = R;

            #[inline(always)]
            fn get(&self) -> $width {
                self.window.$read::<OFFSET>()
            }
        }
    };
}

/// Declares that a register of this width and access can be stored to.
macro_rules! writeable {
    ($width:ty, $write:ident, $access:ty) => {
        impl<R: RegisterLongName, const OFFSET: usize, const SIZE: usize> Writeable
            for Register<'_, $width, R, $access, OFFSET, SIZE>
        {
            type T = $width;
            type R = R;

            #[inline(always)]
            fn set(&self, value: $width) {
                self.window.$write::<OFFSET>(value);
            }
        }
    };
}

/// Declares access by one width.
macro_rules! register {
    ($($width:ty: $read:ident $try_read:ident $write:ident;)*) => {$(
        readable!($width, $read $try_read, ReadOnly);
        readable!($width, $read $try_read, ReadWrite);
        readable!($width, $read $try_read, WriteOneToClear);
        writeable!($width, $write, WriteOnly);
        writeable!($width, $write, ReadWrite);

        impl<R: RegisterLongName, const OFFSET: usize, const SIZE: usize>
            Register<'_, $width, R, ReadToClear, OFFSET, SIZE>
        {
            /// Loads it, which changes the device's register.
            #[inline(always)]
            #[must_use]
            pub fn take(&self) -> LocalRegisterCopy<$width, R> {
                LocalRegisterCopy::new(self.window.$read::<OFFSET>())
            }
        }

        impl<R: RegisterLongName, const OFFSET: usize, const SIZE: usize>
            Register<'_, $width, R, WriteOneToClear, OFFSET, SIZE>
        {
            /// Clears the bits that are set in `fields`, and no others, by one store.
            #[inline(always)]
            pub fn clear(&self, fields: FieldValue<$width, R>) {
                self.window.$write::<OFFSET>(fields.value);
            }

            /// Clears these bits by one store: for a value from a load.
            #[inline(always)]
            pub fn clear_bits(&self, bits: $width) {
                self.window.$write::<OFFSET>(bits);
            }
        }
    )*};
}

register! {
    u8: read8 try_read8 write8;
    u16: read16 try_read16 write16;
    u32: read32 try_read32 write32;
}
#[cfg(target_pointer_width = "64")]
register! {
    u64: read64 try_read64 write64;
}

/// Declares a block of registers over a window of fixed size.
///
/// A register is `name: Access<width> = offset`, or `Access<width, Fields>` with the fields that
/// [`register_fields!`](crate::register_fields) declares. The access is one of `ReadOnly`, `WriteOnly`,
/// `ReadWrite`, `ReadToClear` and `WriteOneToClear`. Each access of a register is one load or one store.
///
/// ```
/// use userlib::io::{Readable, ReadWriteable, Window, Writeable};
///
/// userlib::register_fields! { u32,
///     /// What the timer does.
///     pub Control [
///         /// It counts.
///         ENABLE OFFSET(0) NUMBITS(1) [],
///         /// How far the clock is divided.
///         PRESCALE OFFSET(2) NUMBITS(2) [By1 = 0, By16 = 1, By256 = 2],
///     ],
///     /// Why it interrupts.
///     pub Interrupt [
///         /// It came to 0.
///         ZERO OFFSET(0) NUMBITS(1) [],
///     ],
/// }
/// userlib::registers! {
///     /// A timer.
///     pub struct Timer: 0x10 {
///         /// What counts.
///         pub value: ReadOnly<u32> = 0x0;
///         /// What it does.
///         pub control: ReadWrite<u32, Control> = 0x8;
///         /// Why it interrupts; ones clear.
///         pub interrupt: WriteOneToClear<u32, Interrupt> = 0xc;
///     }
/// }
/// fn start(window: &Window<'_, 0x10>) -> u32 {
///     let timer = Timer::new(window);
///     timer.interrupt().clear(Interrupt::ZERO::SET);
///     timer.control().write(Control::ENABLE::SET + Control::PRESCALE::By16);
///     timer.control().modify(Control::PRESCALE::By256);
///     timer.value().get()
/// }
/// ```
#[macro_export]
macro_rules! registers {
    ($(#[$doc:meta])* $vis:vis struct $name:ident: $size:literal {
        $($(#[$field_doc:meta])* $field_vis:vis $field:ident: $access:ident<$width:ty $(, $fields:ident)?> = $offset:literal;)*
    }) => {
        $(#[$doc])*
        #[derive(Debug)]
        $vis struct $name<'w>(&'w $crate::io::Window<'w, $size>);

        const _: () = {
            $(::core::assert!(
                $crate::io::register_fits($offset, ::core::mem::size_of::<$width>(), $size),
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
                $field_vis const fn $field(&self) -> $crate::io::Register<
                    'w, $width, $crate::__register_fields!($($fields)?), $crate::io::$access, $offset, $size,
                > {
                    $crate::io::Register::new(self.0)
                }
            )*
        }
    };
}

/// Declares the fields of registers, and the values of a field that have names: see [`registers!`](crate::registers).
///
/// It is `register_bitfields!` of the crate `tock-registers`, whose documentation has the whole syntax.
#[macro_export]
macro_rules! register_fields {
    ($width:ident, $($(#[$doc:meta])* $vis:vis $register:ident $fields:tt),* $(,)?) => {
        $crate::__tock_registers::register_bitfields! { $width,
            $(
                $(#[$doc])*
                #[allow(missing_docs, reason = "the crate's macro makes items that have none")]
                $vis $register $fields
            ),*
        }
    };
}

/// The fields of a register, or none.
#[doc(hidden)]
#[macro_export]
macro_rules! __register_fields {
    () => {
        ()
    };
    ($fields:ident) => {
        $fields::Register
    };
}
