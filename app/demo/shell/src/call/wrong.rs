//! What can be wrong with a call.

use core::fmt;

/// What is wrong with a call that was typed. It displays as one line for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong<'w> {
    /// Words are missing or too many.
    Count,
    /// Not a number of so many bytes, with a sign or not.
    Number(&'w str, usize, bool),
    /// Not `true` or `false`.
    Bool(&'w str),
    /// Longer than so many bytes.
    Long(&'w str, usize),
    /// Not so many bytes in hexadecimal.
    Bytes(&'w str, usize),
    /// The shell has no room for its arguments or its result.
    Room,
    /// What the server says of the method is not understood.
    Description,
}

impl fmt::Display for Wrong<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Count => formatter.write_str("arguments are missing or too many"),
            Self::Number(word, size, signed) => {
                let most = most(size, signed);
                let (sign, least) = if signed { ("-", most + 1) } else { ("", 0) };
                write!(
                    formatter,
                    "'{word}' is not a number from {sign}{least} to {most}"
                )
            }
            Self::Bool(word) => write!(formatter, "'{word}' is not 'true' or 'false'"),
            Self::Long(word, most) => write!(formatter, "'{word}' has more than {most} bytes"),
            Self::Bytes(word, size) => {
                write!(formatter, "'{word}' is not {size} bytes in hexadecimal")
            }
            Self::Room => formatter.write_str("the shell has no room for what it takes or gives"),
            Self::Description => formatter.write_str("the shell does not understand its types"),
        }
    }
}

/// The greatest number of so many bytes, with a sign or not.
pub(super) const fn most(size: usize, signed: bool) -> u64 {
    u64::MAX >> (64 - 8 * size as u32 + signed as u32)
}
