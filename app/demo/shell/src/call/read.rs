//! Values from the words that were typed.

use super::shape::{Leaf, Visitor};
use super::wrong::{Wrong, most};

/// The words of a line. A word with spaces stands in double quotes.
#[derive(Clone, Copy, Debug)]
pub struct Words<'w>(pub &'w str);

impl<'w> Iterator for Words<'w> {
    type Item = &'w str;

    fn next(&mut self) -> Option<&'w str> {
        let text = self.0.trim_ascii_start();
        let (word, rest) = match text.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.bytes().position(|byte| byte == b'"');
                let (word, rest) = quoted
                    .split_at_checked(end.unwrap_or(quoted.len()))
                    .unwrap_or((quoted, ""));
                (word, rest.strip_prefix('"').unwrap_or_default())
            }
            None if text.is_empty() => return None,
            None => {
                let end = text.bytes().position(|byte| byte.is_ascii_whitespace());
                text.split_at_checked(end.unwrap_or(text.len()))
                    .unwrap_or((text, ""))
            }
        };
        self.0 = rest;
        Some(word)
    }
}

/// A number in decimal, or in hexadecimal after `0x`, as the machine has it.
pub(crate) fn number(word: &str, size: usize, signed: bool) -> Result<u64, Wrong<'_>> {
    let (negative, digits) = match word.strip_prefix('-') {
        Some(digits) if signed => (true, digits),
        _ => (false, word),
    };
    let (radix, digits) = match digits.strip_prefix("0x") {
        Some(digits) => (16, digits),
        None => (10, digits),
    };
    let read = || {
        let mut number = 0_u64;
        for digit in digits.bytes() {
            let digit = char::from(digit).to_digit(radix)?;
            number = number.checked_mul(u64::from(radix))?;
            number = number.checked_add(u64::from(digit))?;
        }
        let most = most(size, signed) + u64::from(negative);
        (!digits.is_empty() && number <= most).then_some(number)
    };
    let number = read().ok_or(Wrong::Number(word, size, signed))?;
    Ok(if negative {
        number.wrapping_neg()
    } else {
        number
    })
}

/// Puts each leaf, from the next words, behind what was put.
pub(super) struct Encode<'e, 'w> {
    /// The words.
    pub(super) words: &'e mut Words<'w>,
    /// The bytes, and how many there are.
    pub(super) room: &'e mut [u8],
    pub(super) used: usize,
}

impl<'w> Encode<'_, 'w> {
    /// Takes so many bytes, which are zero.
    pub(super) fn take(&mut self, size: usize) -> Result<&mut [u8], Wrong<'w>> {
        let end = self.used.saturating_add(size);
        let taken = self.room.get_mut(self.used..end).ok_or(Wrong::Room)?;
        self.used = end;
        Ok(taken)
    }
}

impl<'w> Visitor<'w> for Encode<'_, 'w> {
    fn leaf(&mut self, leaf: Leaf) -> Result<(), Wrong<'w>> {
        let word = self.words.next().ok_or(Wrong::Count)?;
        let into = self.take(leaf.size())?;
        match leaf {
            Leaf::Number(size, signed) => {
                let bytes = number(word, size, signed)?.to_le_bytes();
                into.copy_from_slice(&bytes[..size]);
            }
            Leaf::Bool => match word {
                "true" => into[0] = 1,
                "false" => {}
                _ => return Err(Wrong::Bool(word)),
            },
            Leaf::Text(size) => into
                .get_mut(..word.len())
                .ok_or(Wrong::Long(word, size))?
                .copy_from_slice(word.as_bytes()),
            Leaf::Bytes(size) => hexadecimal(word, into).ok_or(Wrong::Bytes(word, size))?,
        }
        Ok(())
    }
}

/// Reads bytes of two digits each, all of them.
fn hexadecimal(word: &str, into: &mut [u8]) -> Option<()> {
    let digits = word.as_bytes();
    if digits.len() != 2 * into.len() {
        return None;
    }
    for (byte, pair) in into.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16);
        *byte = (digit(0)? << 4 | digit(1)?) as u8;
    }
    Some(())
}
