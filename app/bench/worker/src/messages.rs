//! Null calls and round trips, measured, and the servers for them.

use crate::report::{Words, code, words};
use bench_machine as machine;
use bench_protocol::Size;
use core::hint::black_box;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use leasehold_abi::{MESSAGE_WORDS, Notifications, TaskHandle};
use userlib::sys::{self, Loan, Message, Received};

/// What is sent, and what came back, in memory.
static SENT: [AtomicUsize; MESSAGE_WORDS] = [const { AtomicUsize::new(0) }; MESSAGE_WORDS];
static GOT: [AtomicUsize; MESSAGE_WORDS] = [const { AtomicUsize::new(0) }; MESSAGE_WORDS];

/// Most and least of measurements.
struct Extremes {
    most: usize,
    least: usize,
}

impl Extremes {
    const NONE: Self = Self {
        most: 0,
        least: usize::MAX,
    };

    fn add(&mut self, before: usize, after: usize) {
        let instructions = machine::between(before, after);
        self.most = self.most.max(instructions);
        self.least = self.least.min(instructions);
    }

    fn report(&self) -> Words {
        words(&[self.most, self.least])
    }
}

/// Measures null calls.
pub(crate) fn null(count: usize) -> Words {
    let mut extremes = Extremes::NONE;
    for _ in 0..count {
        let before = machine::counter();
        let handle = sys::task_self();
        let after = machine::counter();
        black_box(handle);
        extremes.add(before, after);
    }
    extremes.report()
}

/// Measures calls of a size.
pub(crate) fn round_trips(size: usize, server: usize, count: usize) -> Words {
    let server = TaskHandle::from_raw(server as u32);
    let (mut extremes, mut failed) = (Extremes::NONE, 0);
    for _ in 0..count {
        let (before, result, after) = match Size::from_code(size) {
            Some(Size::Empty) => empty(server),
            Some(Size::Bytes32) => filled::<4>(server),
            Some(Size::Bytes64) => filled::<8>(server),
            _ => borrowed(server),
        };
        failed += usize::from(result.is_err());
        extremes.add(before, after);
    }
    let [most, least, ..] = extremes.report();
    words(&[most, least, failed])
}

type Timed = (usize, Result<(), sys::Error>, usize);

fn empty(server: TaskHandle) -> Timed {
    let mut message = Message::EMPTY;
    let before = machine::counter();
    let result = sys::call(server, &mut [], &mut message);
    let after = machine::counter();
    black_box(&message);
    (before, result, after)
}

fn filled<const WORDS: usize>(server: TaskHandle) -> Timed {
    let mut message = Message::EMPTY;
    let before = machine::counter();
    for (word, from) in message.words.iter_mut().zip(&SENT[..WORDS]) {
        *word = from.load(Relaxed);
    }
    let result = sys::call(server, &mut [], &mut message);
    for (word, to) in message.words.iter().zip(&GOT[..WORDS]) {
        to.store(*word, Relaxed);
    }
    let after = machine::counter();
    (before, result, after)
}

fn borrowed(server: TaskHandle) -> Timed {
    let mut message = Message::EMPTY;
    let buffer = black_box([7_u8; 64]);
    let before = machine::counter();
    let result = sys::call(server, &mut [Loan::read(&buffer)], &mut message);
    let after = machine::counter();
    black_box(&message);
    (before, result, after)
}

/// Serves calls of a size, and then the last of them.
pub(crate) fn serve(size: usize, count: usize) -> Words {
    match Size::from_code(size) {
        Some(Size::Empty) => serve_with(count, |_, _| ()),
        Some(Size::Bytes32) => serve_with(count, |_, message| exchange::<4>(message)),
        Some(Size::Bytes64) => serve_with(count, |_, message| exchange::<8>(message)),
        _ => {
            let mut buffer = [0; 64];
            serve_with(count, |client, _| {
                let read = sys::borrow_read(client, 0, 0, &mut buffer);
                black_box((&buffer, read))
                    .1
                    .map_or_else(|_| sys::panic(b"borrow"), drop);
            })
        }
    }
}

/// The request's words to memory, the reply's words from memory.
#[inline(always)]
fn exchange<const WORDS: usize>(message: &mut Message) {
    for (word, to) in message.words.iter().zip(&GOT[..WORDS]) {
        to.store(*word, Relaxed);
    }
    for (word, from) in message.words.iter_mut().zip(&SENT[..WORDS]) {
        *word = from.load(Relaxed);
    }
}

#[inline(always)]
fn serve_with(count: usize, mut answer: impl FnMut(TaskHandle, &mut Message)) -> Words {
    let mut message = Message::EMPTY;
    let mut received = sys::receive(Notifications::empty(), &mut message);
    let mut left = count;
    loop {
        let Ok(Received::Message(client)) = received else {
            sys::panic(b"not a message")
        };
        answer(client, &mut message);
        left -= 1;
        if left == 0 {
            return words(&[code(sys::reply(client, &message))]);
        }
        received = sys::reply_receive(client, Notifications::empty(), &mut message);
    }
}

/// One call; when it came back.
pub(crate) fn call_once(server: usize) -> Words {
    let mut message = Message::EMPTY;
    let result = sys::call(TaskHandle::from_raw(server as u32), &mut [], &mut message);
    let when = machine::counter();
    words(&[code(result), when])
}

/// Receives a call and faults.
pub(crate) fn fault_in_service() -> Words {
    let mut message = Message::EMPTY;
    let received = sys::receive(Notifications::empty(), &mut message);
    if received.is_ok() {
        machine::load_at_counter();
    }
    words(&[])
}
