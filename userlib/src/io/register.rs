//! Typed registers: a block is a structure of registers over a window, a register is made of named fields.
//!
//! Fields and their values are those of the crate `tock-registers`. This module adds only where a register is and how
//! it is accessed. So a load or store stays one instruction, there is never a reference to device memory, and on the
//! host a [model](crate::sys::mock::DeviceModel) can take the place of the window.

use super::access::Width;
use crate::sys::Error;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;
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

/// One register of width `T` with the fields `R`.
///
/// Its access `A` decides which methods it has: `get`, `read` and `is_set` by [`Readable`](crate::io::Readable), `set`
/// and `write` by [`Writeable`](crate::io::Writeable), `modify` by [`ReadWriteable`](crate::io::ReadWriteable), and
/// [`take`](Self::take) or [`clear`](Self::clear). Those that begin with `try_` are for a window that may be gone.
pub struct Register<'w, T, R, A> {
    pointer: NonNull<T>,
    kind: PhantomData<(&'w (), R, A)>,
}

impl<T, R, A> Register<'_, T, R, A> {
    /// The register at this address.
    ///
    /// # Safety
    /// It is aligned and in a window that may be used for the lifetime.
    #[inline(always)]
    pub(super) const unsafe fn at(pointer: NonNull<T>) -> Self {
        Self {
            pointer,
            kind: PhantomData,
        }
    }
}

impl<T, R, A> fmt::Debug for Register<'_, T, R, A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "register at {:p}", self.pointer)
    }
}

/// `COUNT` registers of one kind, each `STEP` bytes after the one before.
pub struct RegisterArray<'w, T, R, A, const STEP: usize, const COUNT: usize> {
    first: NonNull<u8>,
    kind: PhantomData<(Register<'w, T, R, A>,)>,
}

impl<'w, T, R, A, const STEP: usize, const COUNT: usize> RegisterArray<'w, T, R, A, STEP, COUNT> {
    /// The registers from this address on.
    ///
    /// # Safety
    /// All of them are aligned and in a window that may be used for the lifetime.
    #[inline(always)]
    pub(super) const unsafe fn at(first: NonNull<u8>) -> Self {
        Self {
            first,
            kind: PhantomData,
        }
    }

    /// The register of a constant number, from 0.
    #[inline(always)]
    pub const fn nth<const INDEX: usize>(&self) -> Register<'w, T, R, A> {
        const { assert!(INDEX < COUNT, "the array has fewer registers") };
        // SAFETY: it is one of them.
        unsafe { Register::at(self.first.add(INDEX * STEP).cast()) }
    }

    /// The register of this number, from 0, if there is one.
    #[inline(always)]
    pub const fn get(&self, index: usize) -> Option<Register<'w, T, R, A>> {
        if index >= COUNT {
            return None;
        }
        // SAFETY: it is one of them.
        Some(unsafe { Register::at(self.first.add(index * STEP).cast()) })
    }

    /// All of them, in order.
    pub fn iter(
        &self,
    ) -> impl ExactSizeIterator<Item = Register<'w, T, R, A>> + use<'w, T, R, A, STEP, COUNT> {
        let first = self.first;
        (0..COUNT).map(move |index| {
            // SAFETY: it is one of them.
            unsafe { Register::at(first.add(index * STEP).cast()) }
        })
    }
}

impl<T, R, A, const STEP: usize, const COUNT: usize> fmt::Debug
    for RegisterArray<'_, T, R, A, STEP, COUNT>
{
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{COUNT} registers at {:p}", self.first)
    }
}

/// One load, for those whose access allows it.
#[inline(always)]
fn load<T: Width, R, A>(register: &Register<'_, T, R, A>) -> T {
    // SAFETY: the register is aligned and in a window, which is claimed for the lifetime.
    unsafe { T::load(register.pointer.as_ptr()) }
}

/// One load, if that is possible, for those whose access allows it.
#[inline]
fn try_load<T: Width, R, A>(register: &Register<'_, T, R, A>) -> Result<T, Error> {
    let address = register.pointer.as_ptr().expose_provenance();
    // SAFETY: aligned and inside the window; whether it is still there is what is checked.
    unsafe { T::checked_load(address) }.ok_or(Error::Revoked)
}

/// One store, for those whose access allows it.
#[inline(always)]
fn store<T: Width, R, A>(register: &Register<'_, T, R, A>, value: T) {
    // SAFETY: as for loads; device memory is no Rust object that anybody borrows.
    unsafe { T::store(register.pointer.as_ptr(), value) }
}

/// Declares that a register of this width and access can be loaded.
macro_rules! readable {
    ($width:ty, $access:ty) => {
        impl<R: RegisterLongName> Register<'_, $width, R, $access> {
            /// Loads it, if that is possible.
            ///
            /// # Errors
            /// `Revoked` when the window is gone.
            #[inline]
            pub fn try_get(&self) -> Result<$width, Error> {
                try_load(self)
            }

            /// Loads it, if that is possible, for its fields.
            ///
            /// # Errors
            /// As [`try_get`](Self::try_get).
            #[inline]
            pub fn try_extract(&self) -> Result<LocalRegisterCopy<$width, R>, Error> {
                try_load(self).map(LocalRegisterCopy::new)
            }
        }

        impl<R: RegisterLongName> Readable for Register<'_, $width, R, $access> {
            type T = $width;
            type R = R;

            #[inline(always)]
            fn get(&self) -> $width {
                load(self)
            }
        }
    };
}

/// Declares that a register of this width and access can be stored to.
macro_rules! writeable {
    ($width:ty, $access:ty) => {
        impl<R: RegisterLongName> Register<'_, $width, R, $access> {
            /// Stores it, if that is possible.
            ///
            /// # Errors
            /// `Revoked` when the window is gone, or may not be written.
            #[inline]
            pub fn try_set(&self, value: $width) -> Result<(), Error> {
                let address = self.pointer.as_ptr().expose_provenance();
                // SAFETY: as for checked loads.
                if unsafe { <$width>::checked_store(address, value) } {
                    Ok(())
                } else {
                    Err(Error::Revoked)
                }
            }

            /// Stores these fields, if that is possible; all others are 0.
            ///
            /// # Errors
            /// As [`try_set`](Self::try_set).
            #[inline]
            pub fn try_write(&self, fields: FieldValue<$width, R>) -> Result<(), Error> {
                self.try_set(fields.value)
            }
        }

        impl<R: RegisterLongName> Writeable for Register<'_, $width, R, $access> {
            type T = $width;
            type R = R;

            #[inline(always)]
            fn set(&self, value: $width) {
                store(self, value);
            }
        }
    };
}

/// Declares access by one width.
macro_rules! register {
    ($($width:ty)*) => {$(
        readable!($width, ReadOnly);
        readable!($width, ReadWrite);
        readable!($width, WriteOneToClear);
        writeable!($width, WriteOnly);
        writeable!($width, ReadWrite);

        impl<R: RegisterLongName> Register<'_, $width, R, ReadToClear> {
            /// Loads it, which changes the device's register.
            #[inline(always)]
            #[must_use]
            pub fn take(&self) -> LocalRegisterCopy<$width, R> {
                LocalRegisterCopy::new(load(self))
            }

            /// Loads it, if that is possible, which changes the device's register.
            ///
            /// # Errors
            /// `Revoked` when the window is gone.
            #[inline]
            pub fn try_take(&self) -> Result<LocalRegisterCopy<$width, R>, Error> {
                try_load(self).map(LocalRegisterCopy::new)
            }
        }

        impl<R: RegisterLongName> Register<'_, $width, R, WriteOneToClear> {
            /// Clears the bits that are set in `fields`, and no others, by one store.
            #[inline(always)]
            pub fn clear(&self, fields: FieldValue<$width, R>) {
                store(self, fields.value);
            }

            /// Clears these bits by one store: for a value from a load.
            #[inline(always)]
            pub fn clear_bits(&self, bits: $width) {
                store(self, bits);
            }
        }
    )*};
}

register! { u8 u16 u32 }
#[cfg(target_pointer_width = "64")]
register! { u64 }

/// Declares a block of registers over a window of fixed size.
///
/// A register is `name: Access<width> = offset`, or `Access<width, Fields>` with the fields that
/// [`register_fields!`](crate::register_fields) declares. The access is one of `ReadOnly`, `WriteOnly`,
/// `ReadWrite`, `ReadToClear` and `WriteOneToClear`. Several of one kind are an array, which gives a register by
/// [`nth`](RegisterArray::nth), [`get`](RegisterArray::get) or [`iter`](RegisterArray::iter); they lie as close as they
/// can, or so many bytes apart as `step` says. Each access of a register is one load or one store.
///
/// A block is made of a window that is borrowed (`new`), or of a [`Part`](crate::io::Part) (`from`); then it can be
/// stored as long as the part. An offset that is not in the block does not compile, used or not, and the error is at
/// that offset.
///
/// ```
/// use userlib::io::{Part, Readable, ReadWriteable, Window, Writeable};
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
///     pub struct Timer: 0x40 {
///         /// What counts.
///         pub value: ReadOnly<u32> = 0x0;
///         /// What it does.
///         pub control: ReadWrite<u32, Control> = 0x8;
///         /// Why it interrupts; ones clear.
///         pub interrupt: WriteOneToClear<u32, Interrupt> = 0xc;
///         /// When each channel fires.
///         pub compare: [ReadWrite<u32>; 4] = 0x20 step 0x8;
///     }
/// }
/// fn start(window: &Window<'_, 0x40>, channel: usize) -> u32 {
///     let timer = Timer::new(window);
///     timer.interrupt().clear(Interrupt::ZERO::SET);
///     timer.control().write(Control::ENABLE::SET + Control::PRESCALE::By16);
///     timer.control().modify(Control::PRESCALE::By256);
///     timer.compare().nth::<0>().set(1000);
///     if let Some(compare) = timer.compare().get(channel) {
///         compare.set(2000);
///     }
///     timer.value().get()
/// }
/// fn to_store<'cap>(part: Part<'cap, 0x40, 4>) -> Timer<'cap> {
///     Timer::from(part)
/// }
/// ```
pub use userlib_macros::registers;

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
