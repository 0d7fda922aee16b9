//! Honest sides in any order of steps, and hostile ones.

use super::*;
use core::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::vec::Vec;

/// Memory of one thread.
struct Plain<const N: usize> {
    words: [Cell<u32>; 4],
    entries: [Cell<u64>; N],
    /// What a hostile side does before each access to a word.
    hostile: RefCell<Option<Random>>,
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as u32
    }
}

impl<const N: usize> Plain<N> {
    fn new(counts: u32) -> Self {
        let words = [counts, counts, 0, 0].map(Cell::new);
        Self {
            words,
            entries: [const { Cell::new(0) }; N],
            hostile: RefCell::new(None),
        }
    }

    fn disturb(&self) {
        if let Some(random) = &mut *self.hostile.borrow_mut() {
            let word = random.next() as usize % 4;
            let value = match random.next() % 4 {
                0 => random.next(),
                1 => self.words[0].get().wrapping_add(random.next() % 8),
                2 => self.words[1].get().wrapping_sub(random.next() % 8),
                _ => random.next() % 2,
            };
            self.words[word].set(value);
        }
    }
}

impl<const N: usize> Memory for Plain<N> {
    type Entry = u64;

    fn load(&self, word: Word) -> u32 {
        self.disturb();
        self.words[word as usize].get()
    }

    fn store(&self, word: Word, value: u32) {
        self.words[word as usize].set(value);
        self.disturb();
    }

    fn exchange(&self, word: Word, from: u32, to: u32) -> bool {
        self.disturb();
        let word = &self.words[word as usize];
        let had = word.get() == from;
        if had {
            word.set(to);
        }
        had
    }

    fn fence(&self) {}

    fn read(&self, place: usize) -> u64 {
        self.entries[place].get()
    }

    fn write(&self, place: usize, entry: u64) {
        self.entries[place].set(entry);
    }
}

/// Both sides in a random order of steps, each asleep while it waits and woken only when the other says so. `from` is
/// where the counters begin.
fn any_order<const N: usize>(seed: u64, from: u32) {
    let memory = Plain::<N>::new(from);
    let mut random = Random(seed);
    let producer = Producer::<N>::resume(&memory).unwrap();
    let consumer = Consumer::<N>::resume(&memory).unwrap();
    let mut inside = VecDeque::new();
    let (mut unpublished, mut unreleased, mut sent, mut received) = (0, 0, 0, 0);
    let (mut producer_waits, mut consumer_waits) = (false, false);
    for _ in 0..20_000 {
        assert!(
            !(producer_waits && consumer_waits),
            "nobody is left to go on"
        );
        if !producer_waits && (consumer_waits || random.next().is_multiple_of(2)) {
            match random.next() % 4 {
                0 | 1 => {
                    let pushed = producer.push(&memory, sent);
                    if pushed == Ok(()) {
                        inside.push_back(sent);
                        unpublished += 1;
                        sent += 1;
                    } else {
                        assert_eq!(pushed, Err(Error::Exhausted));
                        assert_eq!(inside.len() + unreleased, N, "there was room");
                    }
                    assert!(
                        inside.len() <= N + N,
                        "room that is not released is not used"
                    );
                }
                2 => {
                    let wakes = producer.publish(&memory);
                    assert!(!wakes || (consumer_waits && unpublished > 0), "superfluous");
                    consumer_waits &= !wakes;
                    unpublished = 0;
                }
                _ if unpublished > 0 => assert_eq!(producer.wait(&memory), Err(Error::Busy)),
                _ => producer_waits = producer.wait(&memory).unwrap(),
            }
        } else if !consumer_waits {
            if !random.next().is_multiple_of(3) {
                let taken = consumer.pop(&memory).unwrap();
                let there = inside.len() - unpublished;
                assert_eq!(
                    taken.is_some(),
                    there > 0,
                    "what was published, and no more"
                );
                if let Some(entry) = taken {
                    assert_eq!(Some(entry), inside.pop_front());
                    (received, unreleased) = (received + 1, unreleased + 1);
                }
            } else if random.next().is_multiple_of(2) {
                let wakes = consumer.release(&memory);
                assert!(!wakes || producer_waits, "superfluous");
                producer_waits &= !wakes;
                unreleased = 0;
            } else {
                let turn = consumer.turn(&memory).unwrap();
                assert!(!turn.notify || producer_waits, "superfluous");
                producer_waits &= !turn.notify;
                assert_eq!(turn.wait, inside.len() == unpublished);
                consumer_waits = turn.wait;
                unreleased = 0;
            }
        }
    }
    assert!(received > 1000 && sent - received <= N as u64);
}

#[test]
fn in_any_order_nothing_is_lost_and_nobody_sleeps_for_ever_or_is_woken_for_nothing() {
    for seed in 0..20 {
        any_order::<1>(seed, 0);
        any_order::<2>(seed, u32::MAX - 100);
        any_order::<8>(seed, 1 << 31);
    }
}

#[test]
fn a_full_ring_refuses_and_keeps_what_it_has() {
    let memory = Plain::<4>::new(0);
    let (producer, consumer) = (
        Producer::<4>::resume(&memory).unwrap(),
        Consumer::<4>::resume(&memory).unwrap(),
    );
    for entry in 0..4 {
        assert_eq!(producer.push(&memory, entry), Ok(()));
    }
    assert_eq!(producer.push(&memory, 9), Err(Error::Exhausted));
    assert!(!producer.publish(&memory));
    assert_eq!(producer.push(&memory, 9), Err(Error::Exhausted));
    assert_eq!(consumer.pop(&memory), Ok(Some(0)));
    assert_eq!(
        producer.push(&memory, 9),
        Err(Error::Exhausted),
        "not given back"
    );
    assert!(!consumer.release(&memory));
    assert_eq!(producer.push(&memory, 4), Ok(()));
    assert!(!producer.publish(&memory));
    let rest: Vec<_> = core::iter::from_fn(|| consumer.pop(&memory).unwrap()).collect();
    assert_eq!(rest, [1, 2, 3, 4]);
}

#[test]
fn a_side_that_is_started_again_goes_on_where_its_earlier_life_was() {
    let memory = Plain::<4>::new(7);
    let producer = Producer::<4>::resume(&memory).unwrap();
    for entry in 0..3 {
        producer.push(&memory, entry).unwrap();
    }
    let _ = producer.publish(&memory);
    producer.push(&memory, 3).unwrap(); // never published
    let consumer = Consumer::<4>::resume(&memory).unwrap();
    assert_eq!(consumer.pop(&memory), Ok(Some(0)));
    let _ = consumer.release(&memory);
    assert_eq!(consumer.pop(&memory), Ok(Some(1))); // taken, not released: seen again
    let consumer = Consumer::<4>::resume(&memory).unwrap();
    let producer = Producer::<4>::resume(&memory).unwrap();
    assert_eq!(consumer.pop(&memory), Ok(Some(1)));
    producer.push(&memory, 8).unwrap();
    let _ = producer.publish(&memory);
    let rest: Vec<_> = core::iter::from_fn(|| consumer.pop(&memory).unwrap()).collect();
    assert_eq!(rest, [2, 8]);
    for (put, taken) in [(5, 0), (0, 1), (0, u32::MAX - 4), (1 << 31, 0)] {
        memory.words[0].set(put);
        memory.words[1].set(taken);
        assert_eq!(Producer::<4>::resume(&memory).err(), Some(Error::Protocol));
        assert_eq!(Consumer::<4>::resume(&memory).err(), Some(Error::Protocol));
    }
}

/// The other side writes anything at any time. This side never reaches past the ring, never loops, never panics, and
/// says `Protocol` where it can see it; an entry that it got is one of the ring.
#[test]
fn a_hostile_side_gives_wrong_entries_and_errors_and_nothing_else() {
    let (mut refused, mut taken, mut pushed) = (0, 0, 0);
    for seed in 0..200 {
        let memory = Plain::<4>::new(0);
        let producer = Producer::<4>::resume(&memory).unwrap();
        let consumer = Consumer::<4>::resume(&memory).unwrap();
        *memory.hostile.borrow_mut() = Some(Random(seed));
        let mut random = Random(!seed);
        for _ in 0..500 {
            let error = match random.next() % 6 {
                0 => producer.push(&memory, 1).map(|()| pushed += 1).err(),
                1 => {
                    let _ = producer.publish(&memory);
                    None
                }
                2 => producer.wait(&memory).err(),
                3 => {
                    let popped = consumer.pop(&memory);
                    taken += usize::from(matches!(popped, Ok(Some(_))));
                    popped.err()
                }
                4 => {
                    let _ = consumer.release(&memory);
                    None
                }
                _ => consumer.turn(&memory).err(),
            };
            refused += usize::from(error == Some(Error::Protocol));
            let known = [
                None,
                Some(Error::Protocol),
                Some(Error::Exhausted),
                Some(Error::Busy),
            ];
            assert!(known.contains(&error), "{error:?}");
        }
    }
    assert!(
        refused > 1000 && taken > 1000 && pushed > 1000,
        "{refused} {taken} {pushed}"
    );
}

/// The consumer counts back what it said before, or on to what was never put.
#[test]
fn what_the_other_side_cannot_have_done_is_refused() {
    let memory = Plain::<4>::new(0);
    let producer = Producer::<4>::resume(&memory).unwrap();
    let consumer = Consumer::<4>::resume(&memory).unwrap();
    for entry in 0..4 {
        producer.push(&memory, entry).unwrap();
    }
    for taken in [5, 100, u32::MAX] {
        memory.words[1].set(taken);
        assert_eq!(producer.push(&memory, 1), Err(Error::Protocol));
    }
    for put in [5, 100, u32::MAX] {
        memory.words[0].set(put);
        assert_eq!(consumer.pop(&memory), Err(Error::Protocol));
        assert_eq!(consumer.turn(&memory), Err(Error::Protocol));
    }
    memory.words[0].set(2);
    assert_eq!(consumer.pop(&memory), Ok(Some(0)));
    memory.words[0].set(0);
    assert_eq!(consumer.pop(&memory), Ok(Some(1)), "known before");
    assert_eq!(consumer.pop(&memory), Err(Error::Protocol), "counted back");
}

/// A ring whose consumer goes on while the producer is between its load of [`Word::ConsumerWaits`] and its exchange.
struct Late<'r> {
    memory: &'r Plain<4>,
    meanwhile: &'r dyn Fn(),
}

impl Memory for Late<'_> {
    type Entry = u64;

    fn load(&self, word: Word) -> u32 {
        let value = self.memory.load(word);
        if word == Word::ConsumerWaits {
            (self.meanwhile)();
        }
        value
    }

    fn store(&self, word: Word, value: u32) {
        self.memory.store(word, value);
    }

    fn exchange(&self, word: Word, from: u32, to: u32) -> bool {
        self.memory.exchange(word, from, to)
    }

    fn fence(&self) {}

    fn read(&self, place: usize) -> u64 {
        self.memory.read(place)
    }

    fn write(&self, place: usize, entry: u64) {
        self.memory.write(place, entry);
    }
}

/// The consumer finds the entry by itself, takes it, and waits again, before the producer takes the word of the first
/// wait back. The producer does not notify of what was taken, and the second wait is not lost.
#[test]
fn a_producer_that_is_late_takes_no_later_wait_for_an_earlier_one() {
    let memory = Plain::<4>::new(0);
    let producer = Producer::<4>::resume(&memory).unwrap();
    let consumer = Consumer::<4>::resume(&memory).unwrap();
    let waits = Turn {
        notify: false,
        wait: true,
    };
    assert_eq!(consumer.turn(&memory), Ok(waits));
    producer.push(&memory, 7).unwrap();
    let meanwhile = || {
        assert_eq!(consumer.pop(&memory), Ok(Some(7)));
        assert_eq!(consumer.turn(&memory), Ok(waits));
    };
    let late = Late {
        memory: &memory,
        meanwhile: &meanwhile,
    };
    assert!(!producer.publish(&late), "of what was taken");
    producer.push(&memory, 8).unwrap();
    assert!(producer.publish(&memory), "the second wait is lost");
}

#[test]
fn a_ring_that_is_restarted_is_as_a_new_one() {
    let memory = Plain::<4>::new(0);
    let producer = Producer::<4>::resume(&memory).unwrap();
    let consumer = Consumer::<4>::resume(&memory).unwrap();
    assert!(!producer.has_begun() && !consumer.has_begun());
    for entry in 0..4 {
        producer.push(&memory, entry).unwrap();
    }
    assert!(producer.has_begun() && !consumer.other_has_begun(&memory));
    let _ = producer.publish(&memory);
    assert!(consumer.other_has_begun(&memory) && !producer.other_has_begun(&memory));
    assert_eq!(consumer.pop(&memory), Ok(Some(0)));
    let _ = consumer.release(&memory);
    assert!(consumer.has_begun() && producer.other_has_begun(&memory));
    // At the producer's side; the other end is a new one.
    producer.restart(&memory);
    let next = Consumer::<4>::resume(&memory).unwrap();
    assert!(!next.has_begun() && !next.other_has_begun(&memory));
    assert_eq!(next.pop(&memory), Ok(None));
    for entry in 5..9 {
        assert_eq!(producer.push(&memory, entry), Ok(()), "all room is back");
    }
    assert!(!producer.publish(&memory));
    assert_eq!(next.pop(&memory), Ok(Some(5)));
    // And at the consumer's.
    next.restart(&memory);
    let producer = Producer::<4>::resume(&memory).unwrap();
    assert!(!producer.has_begun());
    assert_eq!(next.pop(&memory), Ok(None));
    producer.push(&memory, 9).unwrap();
    let _ = producer.publish(&memory);
    assert_eq!(next.pop(&memory), Ok(Some(9)));
}
