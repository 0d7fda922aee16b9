//! The parts of a message that are not its eight words.

use crate::Notifications;
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

/// What [`Call::Receive`](crate::Call::Receive) does before it waits, beside the set of peers.
///
/// The low half of the register has the bits that the peers get, the next 16 bits the line's number plus 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeforeWait(u32);

impl BeforeWait {
    /// Nothing: a plain wait.
    pub const NOTHING: Self = Self(0);

    /// Let this line interrupt again. No machine has line 65535.
    pub const fn acknowledge(self, line: u16) -> Self {
        let number = line.wrapping_add(1) as u32;
        Self(self.0 & Self::BITS | number << Self::LINE)
    }

    /// Post these bits, which are of [`PEERS`](Notifications::PEERS), to the peers.
    pub const fn notify(self, bits: Notifications) -> Self {
        Self(self.0 & !Self::BITS | bits.bits() & Self::BITS)
    }

    /// For the register.
    pub const fn register(self) -> usize {
        self.0 as usize
    }

    /// From the register: the bits to post.
    pub const fn bits(register: usize) -> usize {
        register & Self::BITS as usize
    }

    /// From the register: the line to acknowledge; [`usize::MAX`], which no line is, for none.
    pub const fn line(register: usize) -> usize {
        (register >> Self::LINE).wrapping_sub(1)
    }

    const BITS: u32 = 0xffff;
    const LINE: u32 = 16;
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
