//! The ring's protocol under every interleaving and memory order that loom explores.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p lent-ring --test loom`
#![cfg(loom)]

use lent_ring::{Consumer, Error, Memory, Producer, Word};
use loom::cell::UnsafeCell;
use loom::model::Builder;
use loom::sync::Arc;
use loom::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use loom::sync::atomic::{AtomicU32, fence};
use loom::sync::{Condvar, Mutex};
use loom::thread;

/// loom reports an access to an entry that is not ordered with the other side's.
struct Shared<const N: usize> {
    words: [AtomicU32; 4],
    entries: [UnsafeCell<u32>; N],
    consumer: Notification,
    producer: Notification,
}

// SAFETY: only the protocol orders the accesses to entries; loom checks that it does.
unsafe impl<const N: usize> Sync for Shared<N> {}
// SAFETY: as above.
unsafe impl<const N: usize> Send for Shared<N> {}

/// A notification bit, as the kernel has them.
struct Notification {
    pending: Mutex<bool>,
    posted: Condvar,
}

impl Notification {
    fn new() -> Self {
        Self {
            pending: Mutex::new(false),
            posted: Condvar::new(),
        }
    }

    fn post(&self) {
        let mut pending = self.pending.lock().unwrap();
        assert!(!*pending, "a superfluous notification");
        *pending = true;
        self.posted.notify_one();
    }

    fn wait(&self) {
        let mut pending = self.pending.lock().unwrap();
        while !*pending {
            pending = self.posted.wait(pending).unwrap();
        }
        *pending = false;
    }
}

impl<const N: usize> Memory for Shared<N> {
    type Entry = u32;

    fn load(&self, word: Word) -> u32 {
        self.words[word as usize].load(Acquire)
    }

    fn store(&self, word: Word, value: u32) {
        self.words[word as usize].store(value, Release);
    }

    fn exchange(&self, word: Word, from: u32, to: u32) -> bool {
        self.words[word as usize]
            .compare_exchange(from, to, AcqRel, Acquire)
            .is_ok()
    }

    fn fence(&self) {
        fence(SeqCst);
    }

    fn read(&self, place: usize) -> u32 {
        // SAFETY: loom checks that nobody writes meanwhile.
        self.entries[place].with(|entry| unsafe { *entry })
    }

    fn write(&self, place: usize, entry: u32) {
        // SAFETY: loom checks that nobody reads or writes meanwhile.
        self.entries[place].with_mut(|place| unsafe { *place = entry });
    }
}

/// A producer of `count` entries and their consumer, each of which waits when it can do nothing. A lost wake-up is a
/// deadlock, which loom reports.
fn passes<const N: usize>(count: u32) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(move || {
        let shared = Arc::new(Shared::<N> {
            words: [0, 0, 0, 0].map(AtomicU32::new),
            entries: core::array::from_fn(|_| UnsafeCell::new(0)),
            consumer: Notification::new(),
            producer: Notification::new(),
        });
        let memory = shared.clone();
        let other = thread::spawn(move || {
            let producer = Producer::<N>::resume(&*memory).unwrap();
            for entry in 1..=count {
                while let Err(error) = producer.push(&*memory, entry) {
                    assert_eq!(error, Error::Exhausted);
                    if producer.wait(&*memory).unwrap() {
                        memory.producer.wait();
                        assert_eq!(producer.wait(&*memory), Ok(false), "woken for nothing");
                    }
                }
                if producer.publish(&*memory) {
                    memory.consumer.post();
                }
            }
        });
        let consumer = Consumer::<N>::resume(&*shared).unwrap();
        let mut next = 1;
        let mut woken = false;
        while next <= count {
            let first = next;
            while let Some(entry) = consumer.pop(&*shared).unwrap() {
                assert_eq!(entry, next);
                next += 1;
            }
            assert!(!woken || next > first, "woken for nothing");
            woken = false;
            if next > count {
                if consumer.release(&*shared) {
                    shared.producer.post();
                }
                break;
            }
            let turn = consumer.turn(&*shared).unwrap();
            if turn.notify {
                shared.producer.post();
            }
            if turn.wait {
                shared.consumer.wait();
                woken = true;
            }
        }
        other.join().unwrap();
        assert_eq!(shared.words[0].load(Relaxed), count);
    });
}

#[test]
fn a_ring_of_one_passes_three() {
    passes::<1>(3);
}

#[test]
fn a_ring_of_two_passes_three() {
    passes::<2>(3);
}
