//! Values into message words and out of them.
//!
//! Each value starts at a whole word, so both sides agree without a layout of the whole.

use crate::sys::{Error, MESSAGE_WORDS};
use core::mem::size_of;
use zerocopy::{Immutable, IntoBytes, TryFromBytes};

/// Bytes that the words of a message hold.
pub const WORDS_BYTES: usize = MESSAGE_WORDS * WORD;
/// Bytes of a word.
const WORD: usize = size_of::<usize>();

/// Words that a value of `size` bytes takes.
const fn words(size: usize) -> usize {
    size.div_ceil(WORD)
}

/// Whether values of these sizes, in bytes, fit one message.
pub const fn fits(sizes: &[usize]) -> bool {
    let (mut total, mut at) = (0, 0);
    while at < sizes.len() {
        total += words(sizes[at]);
        at += 1;
    }
    total <= MESSAGE_WORDS
}

/// The bytes of a record.
pub fn bytes_of<T: IntoBytes + Immutable>(record: &T) -> &[u8] {
    record.as_bytes()
}

/// The record that these bytes are.
///
/// # Errors
/// `Invalid` when there are more or fewer than it has, or they are no `T`.
pub fn of_bytes<T: TryFromBytes>(bytes: &[u8]) -> Result<T, Error> {
    T::try_read_from_bytes(bytes).map_err(|_| Error::Invalid)
}

/// Fills the words of a message.
#[derive(Debug)]
pub struct Writer {
    words: [usize; MESSAGE_WORDS],
    used: usize,
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl Writer {
    /// Nothing written.
    #[inline(always)]
    pub const fn new() -> Self {
        Self {
            words: [0; MESSAGE_WORDS],
            used: 0,
        }
    }

    /// Appends a value; what does not fit is left out (the interface macro proves that it fits).
    #[inline(always)]
    pub fn put<T: IntoBytes + Immutable>(&mut self, value: &T) {
        let end = self.used + words(size_of::<T>());
        if let Some(room) = self.words.get_mut(self.used..end) {
            let bytes = room.as_mut_bytes();
            bytes[..size_of::<T>()].copy_from_slice(value.as_bytes());
            self.used = end;
        }
    }

    /// The words, and how many count.
    #[inline(always)]
    pub const fn finish(self) -> ([usize; MESSAGE_WORDS], u8) {
        (self.words, self.used as u8)
    }
}

/// Takes values out of the words of a message.
#[derive(Debug)]
pub struct Reader<'a> {
    words: &'a [usize],
}

impl<'a> Reader<'a> {
    /// At the first word; only `count` words count.
    #[inline(always)]
    pub fn new(words: &'a [usize; MESSAGE_WORDS], count: u8) -> Self {
        Self {
            words: &words[..usize::from(count).min(MESSAGE_WORDS)],
        }
    }

    /// The next value.
    ///
    /// # Errors
    /// `Invalid` when the message ends before, or the bits are no `T`.
    #[inline(always)]
    pub fn take<T: TryFromBytes>(&mut self) -> Result<T, Error> {
        let (value, rest) = self
            .words
            .split_at_checked(words(size_of::<T>()))
            .ok_or(Error::Invalid)?;
        self.words = rest;
        of_bytes(&value.as_bytes()[..size_of::<T>()])
    }
}
