//! A typed line: how long it may be.

use heapless::Vec;

/// Longest line in bytes, so that it fits 80 columns with the longer prompt.
pub const LINE_LENGTH: usize = 58;

/// The bytes of a line.
pub type Line = Vec<u8, LINE_LENGTH>;
