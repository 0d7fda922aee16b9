//! The side that takes entries out.

use crate::{Error, Memory, Word, clear, is_size, may_wait, wakes};
use core::cell::Cell;

/// Takes entries out of a ring of `N`, a power of two up to 65,536.
#[derive(Debug)]
pub struct Consumer<const N: usize> {
    /// Entries that were taken out.
    taken: Cell<u32>,
    /// Those whose room the producer has back.
    released: Cell<u32>,
    /// Entries that were put in, when this last looked.
    put: Cell<u32>,
}

/// What a consumer does when it has taken what there was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the producer waits for ever if it is not notified"]
pub struct Turn {
    /// The producer waits for room, and is to be notified now.
    pub notify: bool,
    /// There is nothing to take: wait for a notification. If not, there is something to take.
    pub wait: bool,
}

impl<const N: usize> Consumer<N> {
    /// Goes on where the ring says that this side is: at the beginning, if it is all zeros.
    ///
    /// # Errors
    /// `Protocol` when that cannot be.
    pub fn resume(memory: &impl Memory) -> Result<Self, Error> {
        const {
            assert!(
                is_size(N),
                "a ring has a power of two of entries, at most 65536"
            )
        };
        let taken = memory.load(Word::Taken);
        let this = Self {
            taken: Cell::new(taken),
            released: Cell::new(taken),
            put: Cell::new(taken),
        };
        this.look(memory)?;
        memory.store(Word::ConsumerWaits, 0);
        Ok(this)
    }

    /// Empties the ring, as it was at first: for a new other side, when the earlier one cannot reach it any more.
    pub fn restart(&self, memory: &impl Memory) {
        clear(memory);
        for count in [&self.taken, &self.released, &self.put] {
            count.set(0);
        }
    }

    /// Whether this side has taken anything out, in this life or an earlier one.
    pub const fn has_begun(&self) -> bool {
        self.taken.get() != 0
    }

    /// Whether the other side says that it put anything in.
    pub fn other_has_begun(&self, memory: &impl Memory) -> bool {
        memory.load(Word::Put) != 0
    }

    /// Looks how far the producer is; whether there is still nothing to take.
    fn look(&self, memory: &impl Memory) -> Result<bool, Error> {
        let put = memory.load(Word::Put);
        // Not less than before either: what was there to be taken stays there.
        let taken = self.taken.get();
        let before = self.put.get().wrapping_sub(taken);
        if put.wrapping_sub(taken) as usize > N || put.wrapping_sub(taken) < before {
            return Err(Error::Protocol);
        }
        self.put.set(put);
        Ok(put == taken)
    }

    /// Takes the next entry out. The producer has its room back after [`Consumer::release`].
    ///
    /// # Errors
    /// `Protocol` when the producer says that there is more than there can be.
    #[inline]
    pub fn pop<M: Memory>(&self, memory: &M) -> Result<Option<M::Entry>, Error> {
        let taken = self.taken.get();
        if self.put.get() == taken && self.look(memory)? {
            return Ok(None);
        }
        let entry = memory.read(taken as usize % N);
        self.taken.set(taken.wrapping_add(1));
        Ok(Some(entry))
    }

    /// Gives the room of what was taken back. True when the producer waits for it, and is to be notified now.
    #[inline]
    #[must_use = "the producer waits for ever if it is not notified"]
    pub fn release(&self, memory: &impl Memory) -> bool {
        let taken = self.taken.get();
        let before = self.released.replace(taken);
        if before == taken {
            return false;
        }
        memory.store(Word::Taken, taken);
        wakes(memory, Word::ProducerWaits, before)
    }

    /// Gives room back as [`Consumer::release`], and says whether to wait because the ring is empty.
    ///
    /// # Errors
    /// As [`Consumer::pop`].
    pub fn turn(&self, memory: &impl Memory) -> Result<Turn, Error> {
        let notify = self.release(memory);
        let taken = self.taken.get();
        let wait = self.put.get() == taken
            && self.look(memory)?
            && may_wait(memory, Word::ConsumerWaits, taken, || self.look(memory))?;
        Ok(Turn { notify, wait })
    }
}
