//! Messages of a program to the host, over a serial line that others also print on.
//!
//! Firmware and kernel print at any time, so they may cut a line of text that decides a test. They cannot cut a record:
//! its characters are used by nothing else. They are Unicode's tags (U+E0020 to U+E007E), which stand for ASCII and are
//! invisible on terminals. The host takes them out of the stream byte by byte, whatever ASCII is between them. A
//! sequence number and a checksum show the host if a record was lost.
//!
//! A record is [`BEGIN`], the sequence number, a space, the text, the checksum as four hexadecimal digits, [`END`].
#![no_std]
#![forbid(unsafe_code)]

use core::fmt::{self, Write};
use core::sync::atomic::{AtomicU32, Ordering};

/// A test passed.
pub const PASSED: &str = "passed";
/// A test has nothing to test on this board.
pub const SKIPPED: &str = "skipped";
/// A test failed.
pub const FAILED: &str = "failed";
/// Before the number of tests that passed, failed, and were skipped: the last record of a suite.
pub const SUM: &str = "sum ";
/// Before the key and the figure of a measurement.
pub const FIGURE: &str = "row ";
/// Before the reason why there are no measurements.
pub const NO_FIGURES: &str = "failed: ";
/// Before a remark on measurements.
pub const NOTE: &str = "note ";

/// Begins a record; no text has it.
pub const BEGIN: char = '{';
/// Ends a record; no text has it.
pub const END: char = '}';

/// The difference between a tag and its ASCII character.
const TAGS: u32 = 0xe_0000;

/// The sequence number of the next record.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// A record, to be printed. Printing it counts it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a>(pub fmt::Arguments<'a>);

impl fmt::Display for Record<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_numbered(formatter, NEXT.fetch_add(1, Ordering::Relaxed), self.0)
    }
}

/// Writes a record with this sequence number. Characters of the text that are not printable ASCII become question
/// marks.
///
/// # Errors
/// What `out` says.
pub fn write_numbered(
    out: &mut impl Write,
    sequence: u32,
    text: fmt::Arguments<'_>,
) -> fmt::Result {
    tag(out, BEGIN)?;
    let mut tags = Tags {
        out,
        checksum: Checksum::NEW,
    };
    write!(tags, "{sequence} {text}")?;
    let Tags { out, checksum } = tags;
    let sum = checksum.0;
    for shift in [12, 8, 4, 0] {
        tag(
            out,
            char::from_digit(sum as u32 >> shift & 0xf, 16).unwrap_or('0'),
        )?;
    }
    tag(out, END)
}

fn tag(out: &mut impl Write, character: char) -> fmt::Result {
    out.write_char(char::from_u32(TAGS + character as u32).unwrap_or(char::REPLACEMENT_CHARACTER))
}

/// Turns text into tags.
struct Tags<'o, W> {
    out: &'o mut W,
    checksum: Checksum,
}

impl<W: Write> Write for Tags<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            let plain = matches!(character, ' '..='~') && ![BEGIN, END].contains(&character);
            let character = if plain { character } else { '?' };
            self.checksum.add(character as u8);
            tag(self.out, character)?;
        }
        Ok(())
    }
}

/// CRC-16/IBM-3740: polynomial 0x1021, all ones at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum(u16);

impl Checksum {
    const NEW: Self = Self(0xffff);

    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> u16 {
        let mut sum = Self::NEW;
        bytes.iter().for_each(|byte| sum.add(*byte));
        sum.0
    }

    fn add(&mut self, byte: u8) {
        self.0 ^= u16::from(byte) << 8;
        for _ in 0..8 {
            let carry = self.0 >> 15;
            self.0 = (self.0 << 1) ^ (carry * 0x1021);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_catalogued_one() {
        // The check value of the catalogue of parametrised CRC algorithms.
        assert_eq!(Checksum::of(b"123456789"), 0x29b1);
    }
}
