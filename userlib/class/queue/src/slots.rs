//! Slots of a queue, and who has them.

use core::cell::Cell;
use userlib::Error;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// A record that names its slot.
pub trait Tagged: FromBytes + IntoBytes + Immutable + Copy + 'static {
    /// The number of the slot.
    fn tag(&self) -> u32;
}

/// The right to a slot of a queue. One that is dropped is lost to the queue.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a slot that is dropped is lost to the queue"]
pub struct Slot(u16);

impl Slot {
    /// Its number, which is also that of its buffer.
    pub fn index(&self) -> usize {
        usize::from(self.0)
    }

    /// The number for a record.
    pub fn tag(&self) -> u32 {
        u32::from(self.0)
    }
}

/// Where a slot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// With nobody of this side.
    Free,
    /// Somebody has the [`Slot`].
    Held,
    /// The other side has it.
    Away,
}

/// All slots of an end, in memory of its own.
#[derive(Debug)]
pub(crate) struct Slots<const N: usize> {
    places: [Cell<Place>; N],
    /// The other side said what cannot be.
    broken: Cell<bool>,
}

impl<const N: usize> Slots<N> {
    pub(crate) const fn new() -> Self {
        const {
            assert!(N <= 1 << 15, "a queue has at most 32768 slots");
        }
        Self {
            places: [const { Cell::new(Place::Free) }; N],
            broken: Cell::new(false),
        }
    }

    /// Any free slot.
    pub(crate) fn any(&self) -> Option<Slot> {
        let index = (self.places.iter()).position(|place| place.get() == Place::Free)?;
        self.places[index].set(Place::Held);
        Some(Slot(index as u16))
    }

    /// The slot that the other side names, which must be in this place.
    pub(crate) fn named(&self, tag: u32, in_place: Place) -> Result<Slot, Error> {
        let index = usize::try_from(tag).map_err(|_| Error::Protocol)?;
        let place = self.places.get(index).ok_or(Error::Protocol)?;
        if place.get() != in_place {
            return Err(Error::Protocol);
        }
        place.set(Place::Held);
        Ok(Slot(index as u16))
    }

    /// Moves a slot that somebody has.
    ///
    /// # Errors
    /// `Invalid`: it is of another queue.
    pub(crate) fn leave(&self, slot: &Slot, to: Place) -> Result<(), Error> {
        let place = self.places.get(slot.index()).ok_or(Error::Invalid)?;
        if place.get() != Place::Held {
            return Err(Error::Invalid);
        }
        place.set(to);
        Ok(())
    }

    /// Slots in this place.
    pub(crate) fn count(&self, in_place: Place) -> usize {
        let there = |place: &&Cell<Place>| place.get() == in_place;
        self.places.iter().filter(there).count()
    }

    /// As at first.
    pub(crate) fn restart(&self) {
        self.places.iter().for_each(|place| place.set(Place::Free));
        self.broken.set(false);
    }

    /// Refuses everything after a lie.
    pub(crate) fn whole(&self) -> Result<(), Error> {
        if self.broken.get() {
            return Err(Error::Protocol);
        }
        Ok(())
    }

    /// Remembers a lie.
    pub(crate) fn noted<R>(&self, result: Result<R, Error>) -> Result<R, Error> {
        if matches!(result, Err(Error::Protocol)) {
            self.broken.set(true);
        }
        result
    }
}
