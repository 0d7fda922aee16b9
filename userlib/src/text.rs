//! Text in a buffer of fixed size. Text that does not fit is cut, and marked as cut.

use core::fmt;
pub use leasehold_abi::Padded;

/// The mark at the end of a text that was cut.
const MARK: &str = "...";

/// Text of at most `N` bytes, `N` at least 3. Longer text is cut at the end of a character, and ends with `...`.
///
/// ```
/// use core::fmt::Write;
/// use userlib::text::Text;
///
/// let mut text = Text::<8>::new();
/// write!(text, "{} lines", 12)?;
/// assert_eq!(text.as_str(), "12 lines");
/// write!(text, " more")?;
/// assert_eq!(text.as_str(), "12 li...");
/// # Ok::<(), core::fmt::Error>(())
/// ```
#[derive(Clone)]
pub struct Text<const N: usize> {
    length: usize,
    cut: bool,
    bytes: [u8; N],
}

impl<const N: usize> Text<N> {
    /// No text.
    pub const fn new() -> Self {
        const {
            assert!(N >= MARK.len(), "room for the mark of a cut");
        }
        Self {
            length: 0,
            cut: false,
            bytes: [0; N],
        }
    }

    /// The text of this value.
    pub fn of(value: impl fmt::Display) -> Self {
        let mut text = Self::new();
        // Writing here never fails. A value whose own formatting fails is shown up to that point.
        let _ = fmt::Write::write_fmt(&mut text, format_args!("{value}"));
        text
    }

    /// Adds what needs no formatting.
    // Not inline: a log line is many of these calls.
    #[inline(never)]
    pub fn push(&mut self, more: &str) {
        push(&mut self.bytes, &mut self.length, &mut self.cut, more);
    }

    /// Adds bytes that may be no text: those that are printable in ASCII, and a `?` for each other one.
    #[inline(never)]
    pub fn push_bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let printable = matches!(byte, b' '..=b'~');
            let shown = [if printable { *byte } else { b'?' }];
            // SAFETY: one character of ASCII.
            self.push(unsafe { core::str::from_utf8_unchecked(&shown) });
        }
    }

    /// Adds a number in decimal, of at least so many digits, of which there can be 20.
    pub fn push_decimal(&mut self, number: usize, digits: usize) {
        let mut room = Digits::new();
        self.push(room.of(number, 10, digits));
    }

    /// Adds a number in hexadecimal, of at least so many digits, of which there can be 20.
    pub fn push_hexadecimal(&mut self, number: usize, digits: usize) {
        let mut room = Digits::new();
        self.push(room.of(number, 16, digits));
    }

    /// Whether something did not fit.
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    /// What was written, with the mark if it was cut.
    pub fn as_str(&self) -> &str {
        // SAFETY: `push` alone writes bytes and length. It puts in whole texts, and the start of one up to the end of a
        // character.
        unsafe { core::str::from_utf8_unchecked(self.as_bytes()) }
    }

    /// The same as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Adds to a text. One function for all lengths of texts.
#[inline(never)]
fn push(bytes: &mut [u8], length: &mut usize, cut: &mut bool, more: &str) {
    if *cut {
        return;
    }
    let mut more = more.as_bytes();
    *cut = more.len() > bytes.len().saturating_sub(*length);
    if *cut {
        let kept = bytes.len().saturating_sub(MARK.len());
        let fits = kept.saturating_sub(*length);
        more = more.get(..boundary(more, fits)).unwrap_or_default();
        if *length > kept {
            *length = boundary(bytes, kept);
        }
    }
    put(bytes, length, more);
    if *cut {
        put(bytes, length, MARK.as_bytes());
    }
}

/// Copies what fits.
#[inline(never)]
fn put(bytes: &mut [u8], length: &mut usize, more: &[u8]) {
    let place = bytes.get_mut(*length..).into_iter().flatten();
    for (to, from) in place.zip(more) {
        *to = *from;
        *length += 1;
    }
}

/// The last end of a character in UTF-8 that is not behind `most`.
fn boundary(bytes: &[u8], most: usize) -> usize {
    let inside = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let mut at = most;
    while at > 0 && inside(at) {
        at -= 1;
    }
    at
}

/// Room for the digits of a number, without the code that fills, aligns and signs.
struct Digits([u8; 20]);

impl Digits {
    const fn new() -> Self {
        Self([b'0'; 20])
    }

    /// The digits of a number to a base of at most 16, at least so many, of 20 in all.
    #[inline(never)]
    fn of(&mut self, number: usize, base: usize, least: usize) -> &str {
        let mut rest = number;
        let mut used = 0;
        for digit in self.0.iter_mut().rev() {
            if rest == 0 && used >= least {
                break;
            }
            let value = (rest % base) as u8;
            *digit = if value < 10 {
                b'0' + value
            } else {
                b'a' + value - 10
            };
            rest /= base;
            used += 1;
        }
        let digits = self.0.get(self.0.len() - used..).unwrap_or_default();
        // SAFETY: digits and letters of ASCII.
        unsafe { core::str::from_utf8_unchecked(digits) }
    }
}

impl<const N: usize> From<&str> for Text<N> {
    fn from(words: &str) -> Self {
        let mut text = Self::new();
        text.push(words);
        text
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl<const N: usize> fmt::Write for Text<N> {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        self.push(more);
        Ok(())
    }

    fn write_char(&mut self, more: char) -> fmt::Result {
        self.push(more.encode_utf8(&mut [0; 4]));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Write;
    use std::string::String;

    #[test]
    fn bytes_that_are_no_text_are_shown() {
        let mut text = Text::<16>::from("a: ");
        text.push_bytes("b\u{e9}\x1b~ \0".as_bytes());
        assert_eq!(text.as_str(), "a: b???~ ?");
    }

    /// In whatever pieces it is written, the result is the whole text, or as much of it as leaves room for the mark.
    #[test]
    fn a_text_is_cut_at_a_character_wherever_it_ends() {
        let words = "aä€𝄞b";
        for length in 0..40 {
            let all: String = words.chars().cycle().take(length).collect();
            for split in (0..=all.len()).filter(|&at| all.is_char_boundary(at)) {
                let mut text = Text::<16>::new();
                write!(text, "{}{}", &all[..split], &all[split..]).expect("never fails");
                if all.len() <= 16 {
                    assert_eq!(text.as_str(), all);
                } else {
                    let expected = &all[..all.floor_char_boundary(13)];
                    assert_eq!(text.as_str(), std::format!("{expected}..."));
                }
                write!(text, "x").expect("never fails");
                assert!(text.as_str().len() <= 16);
            }
        }
    }
}
