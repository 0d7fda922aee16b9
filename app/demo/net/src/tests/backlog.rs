//! Connections that are asked for while no socket of the second stack listens.

use super::{PORT, Pair, run};
use crate::backlog::Backlog;
use crate::memory::BACKLOG;
use crate::table::Kind;
use class_network::MOST_FRAME;
use driver_interfaces::Endpoint;
use smoltcp::socket::tcp::State;
use std::vec::Vec;
use userlib::sys::TaskHandle;
use userlib::time;

/// As long as a segment is kept, in milliseconds.
const LONG: u64 = 5_000;
/// Longer than the other side waits before it asks again.
const SHORT: u64 = 1_500;

impl Pair {
    /// The second's client listens, but its only socket is a connection.
    fn busy() -> Self {
        let mut pair = Self::new();
        pair.stacks[1].table.listen(0, PORT).unwrap();
        pair
    }

    /// Another stream of a stack. One client alone has too few.
    fn take(&mut self, which: usize) -> usize {
        let stack = &mut self.stacks[which];
        let mut take = |client| {
            let client = TaskHandle::new(client, 1);
            stack.table.take(Kind::Stream, client, |_| true)
        };
        let index = take(3).or_else(|_| take(4)).unwrap();
        stack.prepare(index);
        index
    }

    /// The first asks for another connection; gives its stream.
    fn ask(&mut self, port: u16) -> usize {
        let index = self.take(0);
        let to = Endpoint::new([10, 0, 0, 2], port);
        self.stacks[0].connect(index, to).unwrap();
        self.settle();
        index
    }

    /// Another socket of the second listens; gives its index. By the table it is the first that does.
    fn listen(&mut self) -> usize {
        let index = self.take(1);
        self.stacks[1].stream(index).unwrap().listen(PORT).unwrap();
        index
    }

    fn state(&mut self, which: usize, index: usize) -> State {
        self.stacks[which].stream(index).unwrap().state()
    }

    fn kept(&self) -> usize {
        self.stacks[1].backlog.count()
    }

    fn pass(&mut self, milliseconds: u64) {
        self.time += time::ticks(milliseconds);
    }
}

#[test]
fn it_is_made_when_a_socket_listens() {
    run(|| {
        let mut pair = Pair::busy();
        let asks = pair.ask(PORT);
        assert_eq!((pair.state(0, asks), pair.kept()), (State::SynSent, 1));
        let listens = pair.listen();
        pair.settle();
        assert_eq!(pair.state(0, asks), State::Established);
        assert_eq!(pair.state(1, listens), State::Established);
        assert_eq!(pair.kept(), 0);
    });
}

#[test]
fn one_that_is_never_taken_is_dropped_without_a_word() {
    run(|| {
        let mut pair = Pair::busy();
        let asks = pair.ask(PORT);
        // The other side asks no more.
        pair.stacks[0].stream(asks).unwrap().abort();
        pair.settle();
        assert_eq!(pair.kept(), 1);
        pair.pass(LONG);
        pair.poll(1);
        assert_eq!((pair.kept(), pair.ways[0].len()), (0, 0));
        let listens = pair.listen();
        pair.settle();
        assert_eq!(pair.state(1, listens), State::Listen);
    });
}

#[test]
fn those_that_find_no_room_are_dropped_without_a_word_and_each_is_kept_once() {
    run(|| {
        let mut pair = Pair::busy();
        let asks: Vec<usize> = (0..BACKLOG + 2).map(|_| pair.ask(PORT)).collect();
        assert_eq!(pair.kept(), BACKLOG);
        // All ask again.
        pair.pass(SHORT);
        pair.poll(0);
        assert_eq!(pair.ways[1].len(), BACKLOG + 2);
        pair.settle();
        assert_eq!(pair.kept(), BACKLOG);
        let states = asks.iter().map(|asks| pair.state(0, *asks));
        assert!(states.eq([State::SynSent; BACKLOG + 2]), "none is refused");
        // The oldest are first, and those that had no room have it when they ask again.
        for _ in 0..2 {
            pair.listen();
        }
        pair.settle();
        let made = |pair: &mut Pair| {
            let is_made = |asks: &usize| pair.state(0, *asks) == State::Established;
            asks.iter().map(is_made).collect::<Vec<_>>()
        };
        assert_eq!(made(&mut pair), [true, true, false, false, false, false]);
        pair.pass(2 * SHORT);
        pair.settle();
        assert_eq!(pair.kept(), BACKLOG);
        for _ in 0..BACKLOG {
            pair.listen();
        }
        pair.settle();
        assert_eq!(made(&mut pair), [true; BACKLOG + 2]);
    });
}

#[test]
fn a_port_at_which_nobody_listens_refuses_at_once() {
    run(|| {
        let mut pair = Pair::busy();
        let asks = pair.ask(PORT + 1);
        assert_eq!((pair.state(0, asks), pair.kept()), (State::Closed, 0));
        // The client is gone.
        pair.stacks[1].close(0);
        let asks = pair.ask(PORT);
        assert_eq!((pair.state(0, asks), pair.kept()), (State::Closed, 0));
    });
}

#[test]
fn a_client_that_closed_its_last_socket_may_listen_anew_for_a_while() {
    run(|| {
        let mut pair = Pair::busy();
        pair.stacks[1].table.leave(0, time::ticks(1_000));
        pair.stacks[1].close(0);
        let asks = pair.ask(PORT);
        assert_eq!((pair.state(0, asks), pair.kept()), (State::SynSent, 1));
        pair.pass(1_000);
        pair.settle();
        assert_eq!((pair.state(0, asks), pair.kept()), (State::Closed, 0));
    });
}

#[test]
fn what_is_asked_again_for_a_connection_that_is_begun_is_that_socket_s() {
    run(|| {
        let mut pair = Pair::busy();
        let listens = pair.listen();
        let asks = pair.take(0);
        let to = Endpoint::new([10, 0, 0, 2], PORT);
        pair.stacks[0].connect(asks, to).unwrap();
        pair.poll(0);
        pair.poll(1);
        assert_eq!(pair.state(1, listens), State::SynReceived);
        // The answer is lost, and no socket listens any more.
        pair.ways[0].clear();
        pair.pass(SHORT);
        pair.poll(0);
        assert_eq!(pair.ways[1].len(), 1);
        pair.poll(1);
        assert_eq!(pair.kept(), 0);
        pair.settle();
        assert_eq!(pair.state(0, asks), State::Established);
    });
}

#[test]
fn only_the_whole_first_segment_of_a_connection_is_kept() {
    run(|| {
        let mut pair = Pair::busy();
        let asks = pair.take(0);
        let to = Endpoint::new([10, 0, 0, 2], PORT);
        pair.stacks[0].connect(asks, to).unwrap();
        pair.poll(0);
        let frame = pair.ways[1].pop_front().unwrap();
        let mut backlog = Backlog::<2>::new();
        let mut keep = |frame: &[u8]| (backlog.keep(frame, 0, |_| true), backlog.count());
        for length in 0..frame.len() {
            assert_eq!(keep(&frame[..length]), (false, 0), "{length} bytes");
        }
        // Behind the addresses each bit counts, if only by a check sum.
        for bit in 8 * 12..8 * frame.len() {
            let mut wrong = frame.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(keep(&wrong), (false, 0), "bit {bit}");
        }
        // Padding is no part of it.
        let mut padded = frame.clone();
        padded.resize(MOST_FRAME, 0xff);
        assert_eq!(keep(&padded), (true, 1));
        assert_eq!(keep(&frame), (true, 1));
        let mut into = [0; MOST_FRAME];
        assert_eq!(backlog.next(&mut into, |_| true), None);
        let length = backlog.next(&mut into, |_| false);
        assert_eq!(length, Some(frame.len()));
        assert_eq!(into[..frame.len()], frame);
        assert!(!backlog.keep(&frame, 0, |_| false), "it has not to wait");
    });
}
