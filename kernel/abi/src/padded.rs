//! Text in a field of fixed size.

use core::fmt;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Text of at most `N` bytes in a record: what it does not fill is zero.
///
/// ```
/// use leasehold_abi::Padded;
///
/// let name = Padded::<16>::new("console");
/// assert_eq!(name.as_str(), "console");
/// assert_eq!(size_of_val(&name), 16);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct Padded<const N: usize>([u8; N]);

impl<const N: usize> Padded<N> {
    /// This text; what does not fit is cut at the end of a character.
    pub const fn new(text: &str) -> Self {
        let mut length = text.len();
        if length > N {
            length = text.floor_char_boundary(N);
        }
        let mut bytes = [0; N];
        let (taken, _) = text.as_bytes().split_at(length);
        bytes.split_at_mut(length).0.copy_from_slice(taken);
        Self(bytes)
    }

    /// The text that this field has.
    pub const fn from_bytes(bytes: [u8; N]) -> Self {
        Self(bytes)
    }

    /// The text, up to the first zero. Where that is not UTF-8 (another task wrote it), up to the first byte that is
    /// not.
    pub fn as_str(&self) -> &str {
        let bytes = self.used();
        match core::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => core::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or(""),
        }
    }

    /// The bytes up to the first zero, whatever they are. (All of them are `zerocopy`'s `as_bytes`.)
    pub fn used(&self) -> &[u8] {
        let length = self.0.iter().position(|&byte| byte == 0);
        &self.0[..length.unwrap_or(N)]
    }
}

impl<const N: usize> Default for Padded<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> PartialEq<str> for Padded<N> {
    fn eq(&self, other: &str) -> bool {
        let text = self.0.split(|&byte| byte == 0).next();
        text == Some(other.as_bytes())
    }
}

impl<const N: usize> fmt::Display for Padded<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Padded<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::Padded;
    use std::format;

    #[test]
    fn text_comes_back_without_its_padding() {
        assert_eq!(Padded::<4>::new("").as_str(), "");
        assert_eq!(Padded::<4>::new("abc").as_str(), "abc");
        assert_eq!(Padded::<4>::new("abcd").as_str(), "abcd");
        assert_eq!(&Padded::<4>::default(), "");
        assert_eq!(format!("{:<5}|", Padded::<4>::new("abc")), "abc  |");
    }

    #[test]
    fn what_does_not_fit_is_cut_at_a_character() {
        assert_eq!(Padded::<4>::new("abcde").as_str(), "abcd");
        assert_eq!(Padded::<4>::new("abc→").as_str(), "abc");
    }

    #[test]
    fn what_another_wrote_is_read_as_far_as_it_is_text() {
        assert_eq!(Padded::from_bytes(*b"ab\0c").as_str(), "ab");
        assert_eq!(Padded::from_bytes(*b"ab\xffc").as_str(), "ab");
        assert_eq!(Padded::from_bytes(*b"\xff\0\0\0").as_str(), "");
    }
}
