//! Values for a person.

use super::Wrong;
use super::shape::{Leaf, Visitor, walk};
use core::fmt::{self, Write};

/// Shows each leaf of what is left of the bytes.
struct Show<'s> {
    bytes: &'s [u8],
    out: &'s mut dyn Write,
}

impl<'w> Visitor<'w> for Show<'_> {
    fn leaf(&mut self, leaf: Leaf) -> Result<(), Wrong<'w>> {
        let (bytes, rest) = self
            .bytes
            .split_at_checked(leaf.size())
            .ok_or(Wrong::Description)?;
        self.bytes = rest;
        let _ = match leaf {
            Leaf::Number(size, signed) => number(self.out, bytes, size, signed),
            Leaf::Bool => match bytes {
                [0] => self.out.write_str("false"),
                [1] => self.out.write_str("true"),
                _ => self.out.write_str("?"),
            },
            Leaf::Text(_) => text(self.out, bytes),
            Leaf::Bytes(_) => hexadecimal(self.out, bytes),
        };
        Ok(())
    }

    fn mark(&mut self, text: &str) {
        let _ = self.out.write_str(text);
    }
}

fn number(out: &mut dyn Write, bytes: &[u8], size: usize, signed: bool) -> fmt::Result {
    let mut whole = [0; 8];
    whole[..size].copy_from_slice(bytes);
    let number = u64::from_le_bytes(whole);
    let unused = 64 - 8 * size as u32;
    let negative = (number << unused) as i64;
    if signed && negative < 0 {
        write!(out, "-{}", (negative >> unused).unsigned_abs())
    } else {
        write!(out, "{number}")
    }
}

/// Up to the first zero. Another task wrote it: what could move a terminal's cursor is shown as a question mark.
fn text(out: &mut dyn Write, bytes: &[u8]) -> fmt::Result {
    let mut written = bytes.iter().take_while(|byte| **byte != 0);
    written.try_for_each(|&byte| {
        let plain = byte == b' ' || byte.is_ascii_graphic();
        out.write_char(if plain { char::from(byte) } else { '?' })
    })
}

/// Two digits a byte.
pub(super) fn hexadecimal(out: &mut dyn Write, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
}

/// Shows bytes of this type.
pub(super) fn show<'w>(shape: &str, bytes: &[u8], out: &mut dyn Write) -> Result<(), Wrong<'w>> {
    walk(shape, &mut Show { bytes, out }).map(drop)
}
