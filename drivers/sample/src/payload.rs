//! The part that all payloads of the sample have: which of the parent's devices it is, and whose.

use core::fmt;
use driver_interfaces::IDENTITY;
use userlib::auxiliary::{Lendable, Lent};
use userlib::for_lt::CovariantFamily;
use userlib::log::{Line, Words};
use userlib::text::{Padded, Text};
use userlib::{CovariantForLt, Error};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Who the parent's device is, in words: what the bus calls it, or the chip file.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Identity {
    /// The words.
    pub text: Padded<IDENTITY>,
}

impl Identity {
    /// These words; what does not fit is cut, with a mark.
    pub fn new(words: &Text<IDENTITY>) -> Self {
        Self {
            text: Padded::new(words.as_str()),
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.text, formatter)
    }
}

impl Words for Identity {
    fn add_to(&self, line: &mut Line) {
        self.text.add_to(line);
    }
}

/// An index, and a view of the parent's identity in the parent's memory. It can be a payload by itself.
#[derive(Clone, Copy, Debug, CovariantFamily, Lendable)]
pub struct Data<'a> {
    /// Which of the parent's devices this is.
    pub index: u32,
    /// The parent's identity.
    pub identity: Lent<'a, Identity>,
}

impl Data<'_> {
    /// Index and identity.
    ///
    /// # Errors
    /// `Protocol` when what is there is no identity.
    pub fn look(&self) -> Result<(u32, Identity), Error> {
        Ok((self.index, self.identity.read()?))
    }
}

/// The family of [`Data`]: its lifetime may be shortened, so `registration_data` gives it.
pub type DataFamily = CovariantForLt!(Data<'_>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_do_not_fit_are_cut_with_a_mark() {
        let text = |words: &str| Identity::new(&words.into()).to_string();
        assert_eq!(text("1b36:0005"), "1b36:0005");
        assert_eq!(text("sixteen letters!"), "sixteen letters!");
        assert_eq!(text("seventeen letters"), "seventeen let...");
    }
}
