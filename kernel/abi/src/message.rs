//! The parts of a message that are not its eight words.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What a message is: operation (or reply status) and how many of its words count.
///
/// It travels in its own register, which the kernel does not read. So each side must treat the other's tag as
/// untrusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag(usize);

impl Tag {
    /// A tag for `operation` (16 bits) with `words` words of payload (8 bits).
    pub const fn new(operation: u16, words: u8) -> Self {
        Self(operation as usize | (words as usize) << 16)
    }

    /// From the register.
    pub const fn from_raw(raw: usize) -> Self {
        Self(raw)
    }

    /// For the register.
    pub const fn raw(self) -> usize {
        self.0
    }

    /// The operation asked for; in a reply, 0 or an error of the server's.
    pub const fn operation(self) -> u16 {
        self.0 as u16
    }

    /// How many words of the message mean anything.
    pub const fn words(self) -> u8 {
        (self.0 >> 16) as u8
    }
}

/// A buffer that a caller lends to the server for the time of one call.
///
/// An array of these, in the caller's memory, goes with [`Call::Call`](crate::Call::Call). The
/// server reaches the bytes only through the kernel, and only until it replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Borrow {
    /// Address of the first byte, in the caller's memory.
    pub base: usize,
    /// Length in bytes.
    pub length: usize,
    /// [`Rights::READ`](crate::Rights::READ) and [`Rights::WRITE`](crate::Rights::WRITE), from the server's side.
    pub rights: usize,
}
