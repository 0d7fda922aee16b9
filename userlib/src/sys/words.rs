//! What travels in registers.

use leasehold_abi::{Error, MESSAGE_WORDS, Tag};

/// The part of a message that travels in registers: a tag and eight words.
///
/// The parts have the same order in memory as in the registers, because the Arm stub moves them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Message {
    /// Operation, or reply status, and number of words.
    pub tag: Tag,
    /// The words.
    pub words: [usize; MESSAGE_WORDS],
}

impl Message {
    /// No words, operation 0.
    pub const EMPTY: Self = Self::new(Tag::new(0, 0), [0; MESSAGE_WORDS]);

    /// The reply that says this error.
    #[inline(always)]
    pub const fn error(error: Error) -> Self {
        Self::new(Tag::new(error.code() as u16, 0), Self::EMPTY.words)
    }

    /// A message of these parts.
    #[inline(always)]
    pub const fn new(tag: Tag, words: [usize; MESSAGE_WORDS]) -> Self {
        Self { tag, words }
    }
}
