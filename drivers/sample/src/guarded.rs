//! The payload of a device that parent and child look at under one lock.

use crate::payload::{Data, Identity};
use core::cell::Cell;
use userlib::auxiliary::{Lendable, Lender, LentMutex, Receiver};
use userlib::for_lt::Family;
use userlib::{Error, ForLt};

/// Name of both auxiliary devices of a parent that has one program for its children, after the parent's own and a dot.
pub const NAME: &str = "sample";

/// Payload of device 1 of such a parent: the data that device 0 has too, behind a lock that both tasks take.
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
        self.view.get().look()
    }
}

impl<'a> Lendable<'a> for Guarded<'a> {
    type Offer = Self;

    fn lend(offer: &Self, to: &mut Lender<'_>) -> Result<(), Error> {
        LentMutex::lend(&offer.lock, to)?;
        Data::lend(&offer.view.get(), to)
    }

    fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        Ok(Self {
            lock: LentMutex::receive(from)?,
            view: Cell::new(Data::receive(from)?),
        })
    }
}
