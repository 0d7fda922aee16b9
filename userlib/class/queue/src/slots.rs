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

/// Who has a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
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
    holders: [Cell<Holder>; N],
    /// How many are free, and one that perhaps is.
    free: Cell<usize>,
    likely: Cell<usize>,
    /// The other side said what cannot be.
    broken: Cell<bool>,
}

impl<const N: usize> Slots<N> {
    pub(crate) const fn new() -> Self {
        const {
            assert!(N <= 1 << 15, "a queue has at most 32768 slots");
        }
        Self {
            holders: [const { Cell::new(Holder::Free) }; N],
            free: Cell::new(N),
            likely: Cell::new(0),
            broken: Cell::new(false),
        }
    }

    /// Any free slot.
    pub(crate) fn any(&self) -> Option<Slot> {
        // Usually all are with the other side, or one is free that was given back last, or lies behind the last taken.
        if self.free.get() == 0 {
            return None;
        }
        let is_free = |index: &usize| self.holders[*index].get() == Holder::Free;
        let likely = self.likely.get();
        let index = (likely..N).chain(0..likely).find(is_free)?;
        self.place(index, Holder::Held);
        self.likely.set((index + 1) % N);
        Some(Slot(index as u16))
    }

    /// The slot that the other side names, which must be in this place.
    pub(crate) fn named(&self, tag: u32, held_by: Holder) -> Result<Slot, Error> {
        let index = usize::try_from(tag).map_err(|_| Error::Protocol)?;
        let holder = self.holders.get(index).ok_or(Error::Protocol)?;
        if holder.get() != held_by {
            return Err(Error::Protocol);
        }
        self.place(index, Holder::Held);
        Ok(Slot(index as u16))
    }

    /// Moves a slot that somebody has.
    ///
    /// # Errors
    /// `Invalid`: it is of another queue.
    pub(crate) fn leave(&self, slot: &Slot, to: Holder) -> Result<(), Error> {
        let holder = self.holders.get(slot.index()).ok_or(Error::Invalid)?;
        if holder.get() != Holder::Held {
            return Err(Error::Invalid);
        }
        self.place(slot.index(), to);
        Ok(())
    }

    /// Puts a slot in a place.
    fn place(&self, index: usize, to: Holder) {
        let before = self.holders[index].replace(to);
        let free = self.free.get() + usize::from(to == Holder::Free);
        self.free.set(free - usize::from(before == Holder::Free));
        if to == Holder::Free {
            self.likely.set(index);
        }
    }

    /// Slots in this place.
    pub(crate) fn count(&self, held_by: Holder) -> usize {
        let there = |holder: &&Cell<Holder>| holder.get() == held_by;
        self.holders.iter().filter(there).count()
    }

    /// As at first.
    pub(crate) fn restart(&self) {
        self.holders
            .iter()
            .for_each(|holder| holder.set(Holder::Free));
        self.free.set(N);
        self.likely.set(0);
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
