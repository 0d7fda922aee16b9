//! A ring in lent memory, between two tasks: a driver that an interrupt wakes puts entries into it and notifies the
//! consumer.
//!
//! Word 0 counts what was put, word 1 what was taken. An entry is two words: an address and a length, say. One
//! processor runs both tasks, so what one stored is there when the other runs.

use crate::report::{Words, words};
use bench_machine as machine;
use bench_protocol::{RING_FILLED, RING_LINE};
use leasehold_abi::{BeforeWait, LeaseHandle, Notifications, TaskHandle};
use userlib::sys::{self, Message, Peers};

/// Entries that there is room for.
const ROOM: usize = 32;
/// Where they begin, and how long one is, in bytes.
const ENTRIES: usize = 64;
const ENTRY: usize = 8;

const PUT: usize = 0;
const TAKEN: usize = 4;

fn entry(ring: usize, number: usize) -> usize {
    ring + ENTRIES + ENTRY * (number % ROOM)
}

/// Lends the arena, in which the ring is to be.
pub(crate) fn lend(parent: LeaseHandle, lessee: usize) -> Words {
    let (base, _) = machine::arena();
    machine::store(base + PUT, 0);
    machine::store(base + TAKEN, 0);
    let lent = machine::lend_arena(parent, lessee);
    let lease = lent.map_or(0, |lease| lease.raw() as usize);
    words(&[crate::report::code(lent), lease, base])
}

/// Puts entries. The last interrupt is only for the other side to end.
pub(crate) fn produce(given: Words) -> Words {
    let [
        ring,
        entries,
        register,
        value,
        line,
        consumer,
        interrupts,
        _,
    ] = given;
    let consumer = TaskHandle::from_raw(consumer as u32);
    let (line, filled) = (line as u16, Notifications::from_register(RING_FILLED));
    let before = BeforeWait::NOTHING.acknowledge(line).notify(filled);
    let peers = Peers::NONE.with(consumer);
    let wanted = Notifications::from_register(RING_LINE);
    let mut message = Message::EMPTY;
    let mut put = 0;
    let mut received = sys::receive(wanted, &mut message);
    for left in (0..interrupts).rev() {
        if received.is_err() {
            sys::panic(b"receive failed");
        }
        machine::store(register, value);
        for number in put..put + entries {
            let at = entry(ring, number);
            machine::store(at, number);
            machine::store(at + 4, entries);
        }
        put += entries;
        machine::store(ring + PUT, put);
        if left > 0 {
            received = sys::receive_after(before, peers, wanted, &mut message);
        }
    }
    words(&[crate::report::code(sys::notify(consumer, filled))])
}

/// Takes entries.
pub(crate) fn consume(ring: usize, notifications: usize) -> Words {
    let wanted = Notifications::from_register(RING_FILLED);
    let (mut taken, mut sum) = (0, 0);
    let mut message = Message::EMPTY;
    for _ in 0..notifications {
        if sys::receive(wanted, &mut message).is_err() {
            sys::panic(b"receive failed");
        }
        let put = machine::load(ring + PUT);
        for number in taken..put {
            let at = entry(ring, number);
            sum += machine::load(at) + machine::load(at + 4);
        }
        taken = put;
        machine::store(ring + TAKEN, taken);
    }
    words(&[taken, sum])
}
