//! What the parent shares with its children.

use core::cell::Cell;
use core::fmt;
use driver_interfaces::IDENTITY;
use userlib::Error;
use userlib::auxiliary::{Lendable, Lender, Lent, LentMutex, Receiver};
use userlib::for_lt::{CovariantFamily, Family};
use userlib::log::{Line, Words};
use userlib::text::{Padded, Text};
use userlib::{CovariantForLt, ForLt};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Name of the auxiliary devices, after the parent's own and a dot.
pub const NAME: &str = "sample";

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

/// Payload of device 0: an index, and a view of the parent's identity in the parent's memory.
#[derive(Clone, Copy, Debug, CovariantFamily, Lendable)]
pub struct Data<'a> {
    /// Which of the parent's devices this is.
    pub index: u32,
    /// The parent's identity.
    pub identity: Lent<'a, Identity>,
}

/// The family of [`Data`]: its lifetime may be shortened, so `registration_data` gives it.
pub type DataFamily = CovariantForLt!(Data<'_>);

/// Payload of device 1: the same view behind a lock that both tasks take.
///
/// The view may be replaced through a shared reference, so the lifetime inside is neither
/// shortened nor lengthened: only `registration_data_with` gives it.
#[derive(Debug, Family)]
pub struct Guarded<'a> {
    /// Whoever looks holds this; the value counts the looks.
    lock: LentMutex<'a, u32>,
    view: Cell<Data<'a>>,
}

/// The family of [`Guarded`].
pub type GuardedFamily = ForLt!(Guarded<'_>);

impl<'a> Guarded<'a> {
    /// A view behind a lock.
    pub const fn new(lock: LentMutex<'a, u32>, data: Data<'a>) -> Self {
        Self {
            lock,
            view: Cell::new(data),
        }
    }

    /// Index and identity, read under the lock.
    ///
    /// # Errors
    /// `Busy` while the other side has the lock. `Dead` when the other side died with it.
    /// `Protocol` when what is there is no identity.
    pub fn look(&self) -> Result<(u32, Identity), Error> {
        let mut looks = self.lock.try_lock()?;
        let count = looks.read()?;
        looks.write(count.wrapping_add(1));
        let data = self.view.get();
        Ok((data.index, data.identity.read()?))
    }
}

impl<'a> Lendable<'a> for Guarded<'a> {
    fn lend(&self, to: &mut Lender<'_>) -> Result<(), Error> {
        self.lock.lend(to)?;
        self.view.get().lend(to)
    }

    fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        Ok(Self {
            lock: LentMutex::receive(from)?,
            view: Cell::new(Data::receive(from)?),
        })
    }
}

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
