//! Connections that are asked for while no socket of the second stack listens.

use super::{PORT, Pair, run};
use crate::answers::Answers;
use crate::backlog::Backlog;
use crate::calls::Calls;
use crate::memory::{BACKLOG, STREAMS};
use crate::table::Kind;
use class_network::MOST_FRAME;
use driver_interfaces::{Endpoint, SocketsServer};
use smoltcp::socket::tcp::State;
use smoltcp::wire::{IpAddress, IpProtocol, Ipv4Address, Ipv4Packet, TcpPacket};
use std::vec::Vec;
use userlib::sys::TaskHandle;
use userlib::{Error, time};

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

    /// The second's client has left its port. Half of the time in which it may listen there anew is over.
    fn left() -> Self {
        let mut pair = Self::busy();
        pair.stacks[1].table.leave(0, time::ticks(500));
        pair.stacks[1].close(0);
        pair
    }

    /// A client of the second asks for a socket at that port, and there is none for it.
    fn listen_in_vain(&mut self, client: TaskHandle) {
        let mut calls = Calls::default();
        let mut answers = Answers::new(&mut self.stacks[1], &mut calls, client);
        assert_eq!(answers.listen(PORT), Err(Error::Exhausted));
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
        // A socket that listens elsewhere is none for it.
        let other = pair.take(1);
        let stream = pair.stacks[1].stream(other).unwrap();
        stream.listen(PORT + 1).unwrap();
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
        let (client, mut calls) = (TaskHandle::new(3, 1), Calls::default());
        let number = pair.stacks[1].table.number(0);
        let mut answers = Answers::new(&mut pair.stacks[1], &mut calls, client);
        assert_eq!(answers.close(number), Ok(()));
        let asks = pair.ask(PORT + 1);
        assert_eq!(pair.state(0, asks), State::Closed);
        let asks = pair.ask(PORT);
        assert_eq!((pair.state(0, asks), pair.kept()), (State::SynSent, 1));
        pair.pass(1_000);
        pair.settle();
        assert_eq!((pair.state(0, asks), pair.kept()), (State::Closed, 0));
    });
}

#[test]
fn a_client_that_finds_no_socket_to_listen_with_keeps_its_port_as_long_as_it_asks() {
    run(|| {
        let mut pair = Pair::left();
        for _ in 1..STREAMS {
            pair.take(1);
        }
        pair.listen_in_vain(TaskHandle::new(3, 1));
        pair.pass(900);
        let asks = pair.ask(PORT);
        assert_eq!((pair.state(0, asks), pair.kept()), (State::SynSent, 1));
        pair.pass(100);
        pair.settle();
        assert_eq!((pair.state(0, asks), pair.kept()), (State::Closed, 0));
    });
}

#[test]
fn a_client_does_not_keep_the_port_that_another_one_left() {
    run(|| {
        let mut pair = Pair::left();
        for _ in 0..STREAMS {
            pair.take(1);
        }
        pair.listen_in_vain(TaskHandle::new(4, 1));
        pair.pass(900);
        let asks = pair.ask(PORT);
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

/// The first segment of another connection, off the cable.
fn first_segment(pair: &mut Pair) -> Vec<u8> {
    let asks = pair.take(0);
    let to = Endpoint::new([10, 0, 0, 2], PORT);
    pair.stacks[0].connect(asks, to).unwrap();
    pair.poll(0);
    pair.ways[1].pop_front().unwrap()
}

/// A segment that is changed, with the check sums that it has to have then.
fn change(
    frame: &[u8],
    change: impl Fn(&mut Ipv4Packet<&mut [u8]>, &mut TcpPacket<&mut [u8]>),
) -> Vec<u8> {
    let mut frame = frame.to_vec();
    let (head, segment) = frame[14..].split_at_mut(20);
    let mut packet = Ipv4Packet::new_unchecked(head);
    let mut segment = TcpPacket::new_unchecked(segment);
    change(&mut packet, &mut segment);
    packet.fill_checksum();
    let ends = [packet.src_addr(), packet.dst_addr()].map(IpAddress::Ipv4);
    segment.fill_checksum(&ends[0], &ends[1]);
    frame
}

#[test]
fn what_is_asked_of_another_address_is_not_kept() {
    run(|| {
        let mut pair = Pair::busy();
        let frame = first_segment(&mut pair);
        let other = Ipv4Address::new(10, 0, 0, 3);
        let elsewhere = change(&frame, |packet, _| packet.set_dst_addr(other));
        for (frame, kept) in [(elsewhere, 0), (frame, 1)] {
            pair.ways[1].push_back(frame);
            pair.poll(1);
            assert_eq!(pair.kept(), kept);
        }
    });
}

#[test]
fn only_the_whole_first_segment_of_a_connection_is_kept() {
    run(|| {
        let frame = first_segment(&mut Pair::busy());
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
        // Changed so that the check sums are right.
        let acknowledges = change(&frame, |_, segment| segment.set_ack(true));
        let ends = change(&frame, |_, segment| segment.set_fin(true));
        let fragment = change(&frame, |packet, _| packet.set_more_frags(true));
        let datagram = change(&frame, |packet, _| packet.set_next_header(IpProtocol::Udp));
        for wrong in [acknowledges, ends, fragment, datagram] {
            assert_eq!(keep(&wrong), (false, 0));
        }
        // With data it can be longer than what is kept. Then it is no frame for the stack either.
        let with_data = |length: u16| {
            let mut longer = frame.clone();
            longer.resize(14 + usize::from(length), 0);
            change(&longer, |packet, _| packet.set_total_len(length))
        };
        assert_eq!(keep(&with_data(121)), (true, 0));
        assert_eq!(keep(&with_data(120)), (true, 1));
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
