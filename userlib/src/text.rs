//! Text in a buffer of fixed size. Text that does not fit is cut, and marked as cut.

use core::fmt;
use heapless::String;
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
#[derive(Clone, Debug, Default)]
pub struct Text<const N: usize> {
    text: String<N>,
    cut: bool,
}

impl<const N: usize> Text<N> {
    /// No text.
    pub const fn new() -> Self {
        const {
            assert!(N >= MARK.len(), "room for the mark of a cut");
        }
        Self {
            text: String::new(),
            cut: false,
        }
    }

    /// The text of this value.
    pub fn of(value: impl fmt::Display) -> Self {
        let mut text = Self::new();
        // Writing here never fails. A value whose own formatting fails is shown up to that point.
        let _ = fmt::Write::write_fmt(&mut text, format_args!("{value}"));
        text
    }

    /// What was written, with the mark if it was cut.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The same as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.text)
    }
}

impl<const N: usize> fmt::Write for Text<N> {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if self.cut || self.text.push_str(more).is_ok() {
            return Ok(());
        }
        self.cut = true;
        let kept = N - MARK.len();
        if self.text.len() > kept {
            let end = self.text.floor_char_boundary(kept);
            self.text.truncate(end);
        } else {
            let room = kept - self.text.len();
            // It has room: `kept` bytes are less than `N`.
            let _ = self.text.push_str(&more[..more.floor_char_boundary(room)]);
        }
        self.text.push_str(MARK).map_err(|_| fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Write;
    use std::string::String;

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
