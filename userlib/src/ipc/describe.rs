//! What a server says of its methods, so that a person can call them without a client made for it.
//!
//! A request whose operation has the bit [`DESCRIBE`] asks for one method. The server writes a line into the first
//! loan, as much of it as fits: `name(argument: type, …) -> type`. `#[interface]` makes the lines when the
//! server is compiled, so the client needs nothing but the task's name. The types:
//!
//! | text | bytes |
//! |---|---|
//! | `u8` … `u64`, `i8` … `i64`, `usize`, `isize`, `bool` | a number, as the machine has it |
//! | `[type; count]` | that many, without gaps |
//! | `{name: type, …}` | a record's fields, without gaps |
//! | `text length` | so many bytes of text, zeros after it |
//! | `bytes length` | so many bytes that have no description |
//! | `()` | nothing |
//!
//! An argument may also be `&[u8]`, `&mut [u8]`, or `&` and a record's type: these are lent.

use leasehold_abi::{LeaseHandle, Notifications, Padded, TaskHandle};

/// The bit of an operation's number that asks for the description of the method instead of calling it.
pub const DESCRIBE: u16 = 0x8000;

/// Longest line, in bytes. A longer one does not compile.
const MOST: usize = 480;

/// A line, or a part of one, made when a program is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    bytes: [u8; MOST],
    length: usize,
}

impl Shape {
    /// Nothing yet.
    #[expect(
        clippy::new_without_default,
        reason = "used in constants, where no trait's function is"
    )]
    pub const fn new() -> Self {
        Self {
            bytes: [0; MOST],
            length: 0,
        }
    }

    /// With this text after it.
    pub const fn text(self, text: &str) -> Self {
        self.with(text.as_bytes(), text.len())
    }

    /// With this type after it.
    pub const fn shape(self, shape: &Self) -> Self {
        self.with(&shape.bytes, shape.length)
    }

    /// With this number after it, in decimal.
    pub const fn number(self, number: usize) -> Self {
        let before = if number > 9 {
            self.number(number / 10)
        } else {
            self
        };
        before.with(&[b'0' + (number % 10) as u8], 1)
    }

    const fn with(mut self, bytes: &[u8], length: usize) -> Self {
        assert!(
            self.length + length <= MOST,
            "the description of a method is longer than 480 bytes"
        );
        let mut at = 0;
        while at < length {
            self.bytes[self.length + at] = bytes[at];
            at += 1;
        }
        self.length += length;
        self
    }

    /// How many bytes it has.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Its bytes alone.
    pub const fn cut<const LENGTH: usize>(&self) -> [u8; LENGTH] {
        let mut cut = [0; LENGTH];
        cut.copy_from_slice(self.bytes.split_at(LENGTH).0);
        cut
    }
}

/// A type whose layout can be told. A record gets it by `#[derive(Described)]`.
///
/// A type without it is shown as bytes.
pub trait Described {
    /// How its bytes are to be read, as in the table of this module.
    const SHAPE: Shape;
}

macro_rules! named {
    ($($name:ident)*) => {
        $(impl Described for $name {
            const SHAPE: Shape = Shape::new().text(stringify!($name));
        })*
    };
}
named!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize bool);

impl Described for () {
    const SHAPE: Shape = Shape::new().text("()");
}

impl<T: Described, const COUNT: usize> Described for [T; COUNT] {
    const SHAPE: Shape = Shape::new()
        .text("[")
        .shape(&T::SHAPE)
        .text("; ")
        .number(COUNT)
        .text("]");
}

impl<const LENGTH: usize> Described for Padded<LENGTH> {
    const SHAPE: Shape = Shape::new().text("text ").number(LENGTH);
}

impl Described for LeaseHandle {
    const SHAPE: Shape = u32::SHAPE;
}

impl Described for TaskHandle {
    const SHAPE: Shape = u32::SHAPE;
}

impl Described for Notifications {
    const SHAPE: Shape = u32::SHAPE;
}

/// Finds the shape of any type: `Probe::<T>::SHAPE` is that of [`Described`] where `T` has it, and else that of
/// [`Undescribed`], because a type's own constant is found before one of a trait.
#[doc(hidden)]
#[derive(Debug)]
pub struct Probe<T>(core::marker::PhantomData<T>);

impl<T: Described> Probe<T> {
    /// What it says of itself.
    pub const SHAPE: Shape = T::SHAPE;
}

/// The shape of a type that says nothing of itself.
#[doc(hidden)]
pub trait Undescribed {
    /// Its length.
    const SHAPE: Shape;
}

impl<T> Undescribed for Probe<T> {
    const SHAPE: Shape = Shape::new().text("bytes ").number(size_of::<T>());
}
