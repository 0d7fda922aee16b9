//! The side that puts entries in.

use crate::{Error, Memory, Word, clear, is_size, may_wait, wakes};
use core::cell::Cell;

/// Puts entries into a ring of `N`, a power of two up to 65,536.
#[derive(Debug)]
pub struct Producer<const N: usize> {
    /// Entries that were put in.
    put: Cell<u32>,
    /// Those that the consumer knows of.
    published: Cell<u32>,
    /// Entries that were taken out, when this last looked.
    taken: Cell<u32>,
}

impl<const N: usize> Producer<N> {
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
        let (put, taken) = (memory.load(Word::Put), memory.load(Word::Taken));
        if put.wrapping_sub(taken) as usize > N {
            return Err(Error::Protocol);
        }
        memory.store(Word::ProducerWaits, 0);
        Ok(Self {
            put: Cell::new(put),
            published: Cell::new(put),
            taken: Cell::new(taken),
        })
    }

    /// Empties the ring, as it was at first: for a new other side, when the earlier one cannot reach it any more.
    pub fn restart(&self, memory: &impl Memory) {
        clear(memory);
        for count in [&self.put, &self.published, &self.taken] {
            count.set(0);
        }
    }

    /// Whether this side has put anything in, in this life or an earlier one.
    pub const fn has_begun(&self) -> bool {
        self.put.get() != 0
    }

    /// Whether the other side says that it took anything out.
    pub fn other_has_begun(&self, memory: &impl Memory) -> bool {
        memory.load(Word::Taken) != 0
    }

    /// Whether there is no room, when this last looked.
    fn is_full(&self) -> bool {
        self.put.get().wrapping_sub(self.taken.get()) as usize == N
    }

    /// Looks how far the consumer is; whether there is still no room.
    fn look(&self, memory: &impl Memory) -> Result<bool, Error> {
        let taken = memory.load(Word::Taken);
        if self.put.get().wrapping_sub(taken) as usize > N {
            return Err(Error::Protocol);
        }
        self.taken.set(taken);
        Ok(self.is_full())
    }

    /// Puts an entry in. The consumer sees it after [`Producer::publish`].
    ///
    /// # Errors
    /// `Exhausted` when the ring is full: it is as it was. `Protocol` when the consumer says that it took what it
    /// cannot have taken.
    #[inline]
    pub fn push<M: Memory>(&self, memory: &M, entry: M::Entry) -> Result<(), Error> {
        if self.is_full() && self.look(memory)? {
            return Err(Error::Exhausted);
        }
        let put = self.put.get();
        memory.write(put as usize % N, entry);
        self.put.set(put.wrapping_add(1));
        Ok(())
    }

    /// Shows the consumer all entries. True when it waits, and is to be notified now.
    #[inline]
    #[must_use = "the consumer waits for ever if it is not notified"]
    pub fn publish(&self, memory: &impl Memory) -> bool {
        let put = self.put.get();
        let before = self.published.replace(put);
        if before == put {
            return false;
        }
        memory.store(Word::Put, put);
        wakes(memory, Word::ConsumerWaits, before)
    }

    /// Whether to wait for a notification because the ring is full. If not, there is room.
    ///
    /// # Errors
    /// `Busy` while entries are not published, for then the consumer might wait too. `Protocol` as for
    /// [`Producer::push`].
    pub fn wait(&self, memory: &impl Memory) -> Result<bool, Error> {
        if self.published.get() != self.put.get() {
            return Err(Error::Busy);
        }
        if !self.is_full() || !self.look(memory)? {
            return Ok(false);
        }
        let taken = self.taken.get();
        may_wait(memory, Word::ProducerWaits, taken, || self.look(memory))
    }
}
