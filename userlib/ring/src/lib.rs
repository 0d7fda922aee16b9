//! A ring between two tasks that do not trust each other: a [`Producer`] puts entries in, a [`Consumer`] takes them
//! out.
//!
//! This is the protocol, over any [`Memory`]. Each side believes of the shared memory only how far the other side says
//! that it is, and refuses a distance that cannot be. Where it is itself, it keeps to itself.
//!
//! A side that finds nothing to do says in a word of its own how far it saw the other side, and looks once more before
//! it waits. Either side may take that word back by one atomic exchange: this side because it found something after
//! all, the other because it went on from there. Whoever takes it has the duty to go on, or to notify. So no wake-up is
//! lost, and there is one for each wait. The count in the word matters: without it, a side that is late with its
//! exchange could take back the word of a later wait, and notify of what was taken long ago.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod consumer;
mod producer;
#[cfg(test)]
mod tests;

pub use consumer::{Consumer, Turn};
pub use leasehold_abi::Error;
pub use producer::Producer;

/// The words of a ring, all 0 at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// How many entries were put in so far, modulo 2^32. The producer stores it.
    Put,
    /// How many were taken out so far, modulo 2^32. The consumer stores it.
    Taken,
    /// Whether the consumer waits for an entry, and after which one.
    ConsumerWaits,
    /// Whether the producer waits for room, and after which entry was taken.
    ProducerWaits,
}

/// What a side says that waits until the other goes on from this count. 0 says that it does not wait.
const fn waits_from(count: u32) -> u32 {
    count << 1 | 1
}

/// The memory of a ring, which the other side may change at any time.
pub trait Memory {
    /// An entry.
    type Entry;

    /// Loads a word; what the other side did before it stored it is visible afterwards (acquire).
    fn load(&self, word: Word) -> u32;
    /// Stores a word; what was done before is visible to who loads it (release).
    fn store(&self, word: Word, value: u32);
    /// Stores a word if it has a value, with both orders; whether it had.
    fn exchange(&self, word: Word, from: u32, to: u32) -> bool;
    /// Lets no later load go before an earlier store.
    fn fence(&self);
    /// Copies an entry out, once. The place is below the ring's number of entries.
    fn read(&self, place: usize) -> Self::Entry;
    /// Copies an entry in.
    fn write(&self, place: usize, entry: Self::Entry);
}

/// This side went on from `count`: whether the other side waits for that, and is to be notified.
fn wakes(memory: &impl Memory, word: Word, count: u32) -> bool {
    let waits = waits_from(count);
    memory.fence();
    memory.load(word) == waits && memory.exchange(word, waits, 0)
}

/// Says that this side waits until the other goes on from `count`. True when it is to wait: there is nothing to do, or
/// the other side has seen it and is about to notify. `is_idle` looks once more.
fn may_wait(
    memory: &impl Memory,
    word: Word,
    count: u32,
    is_idle: impl FnOnce() -> Result<bool, Error>,
) -> Result<bool, Error> {
    memory.store(word, waits_from(count));
    memory.fence();
    let idle = is_idle();
    if let Ok(true) = idle {
        return idle;
    }
    let seen = !memory.exchange(word, waits_from(count), 0);
    idle.map(|_| seen)
}

/// Whether a ring may have so many entries.
const fn is_size(entries: usize) -> bool {
    entries.is_power_of_two() && entries <= 1 << 16
}

/// Empties a ring, as it was at first.
fn clear(memory: &impl Memory) {
    for word in [
        Word::Put,
        Word::Taken,
        Word::ConsumerWaits,
        Word::ProducerWaits,
    ] {
        memory.store(word, 0);
    }
}
