//! Two stacks on one cable, while time stands still, or passes as the test says.

mod backlog;

use crate::phy::Wire;
use crate::stack::Stack;
use crate::table::Kind;
use class_network::MOST_FRAME;
use driver_interfaces::Endpoint;
use driver_testing::Offer;
use smoltcp::wire::{IpCidr, Ipv4Address, Ipv4Cidr};
use std::boxed::Box;
use std::collections::VecDeque;
use std::vec::Vec;
use userlib::sys::TaskHandle;

/// The port that the second stack listens at.
const PORT: u16 = 80;
/// More than a stream keeps.
const BYTES: usize = 100_000;

/// Frames that are under way to one end.
type Way = VecDeque<Vec<u8>>;

/// An end of the cable.
struct End<'a> {
    from: &'a mut Way,
    to: &'a mut Way,
}

impl Wire for End<'_> {
    fn receive(&mut self, into: &mut [u8; MOST_FRAME]) -> Option<usize> {
        let frame = self.from.pop_front()?;
        into[..frame.len()].copy_from_slice(&frame);
        Some(frame.len())
    }

    fn has_room(&mut self) -> bool {
        self.to.len() < 32
    }

    fn send(&mut self, frame: &[u8]) {
        self.to.push_back(frame.to_vec());
    }
}

/// Two stacks, the ways to each, and a connection from the first to the second.
struct Pair {
    stacks: [Stack; 2],
    ways: [Way; 2],
    /// The time of both, in ticks.
    time: u64,
}

impl Pair {
    fn new() -> Self {
        let client = TaskHandle::new(3, 1);
        let stacks = [1, 2].map(|number| {
            let mut stack = Stack::new(Box::leak(Box::default()), Box::leak(Box::default()));
            stack.bound([2, 0, 0, 0, 0, number]);
            // DHCP says first that there is no address.
            stack.poll(None::<&mut End<'_>>, 0);
            stack.interface.update_ip_addrs(|addresses| {
                let address = Ipv4Address::new(10, 0, 0, number);
                let cidr = IpCidr::Ipv4(Ipv4Cidr::new(address, 24));
                addresses.push(cidr).expect("room for an address");
            });
            let taken = stack.table.take(Kind::Stream, client, |_| true);
            assert_eq!(taken, Ok(0));
            stack.prepare(0);
            stack
        });
        let mut pair = Self {
            stacks,
            ways: [Way::new(), Way::new()],
            time: 0,
        };
        let [first, second] = &mut pair.stacks;
        second.stream(0).unwrap().listen(PORT).unwrap();
        first
            .connect(0, Endpoint::new([10, 0, 0, 2], PORT))
            .unwrap();
        pair.settle();
        pair
    }

    /// Lets both work until nothing is under way.
    fn settle(&mut self) {
        for _ in 0..100 {
            self.poll(0);
            self.poll(1);
            if self.ways.iter().all(Way::is_empty) {
                return;
            }
        }
        panic!("they never rest");
    }

    /// Lets one of them work.
    fn poll(&mut self, which: usize) {
        let [first, second] = &mut self.ways;
        let (from, to) = match which {
            0 => (first, second),
            _ => (second, first),
        };
        self.stacks[which].poll(Some(&mut End { from, to }), self.time);
    }

    /// The first sends what it can of `bytes`; gives how much.
    fn send(&mut self, bytes: &[u8]) -> usize {
        let stream = self.stacks[0].stream(0).unwrap();
        stream.send_slice(bytes).unwrap()
    }

    /// The second receives what there is.
    fn receive(&mut self, into: &mut Vec<u8>) {
        let stream = self.stacks[1].stream(0).unwrap();
        while stream.can_recv() {
            stream
                .recv(|bytes| {
                    into.extend_from_slice(bytes);
                    (bytes.len(), ())
                })
                .unwrap();
        }
    }
}

/// Runs a test with a kernel whose time stands still.
fn run(test: impl FnOnce() + 'static) {
    let tested = Offer::new("nothing", 0, 0).bind(|_| {
        test();
        Ok(())
    });
    tested.expect("bound");
}

fn page() -> Vec<u8> {
    (0..BYTES).map(|at| (at * 7 % 251) as u8).collect()
}

#[test]
fn what_is_sent_arrives() {
    run(|| {
        let mut pair = Pair::new();
        let (page, mut sent, mut came) = (page(), 0, Vec::new());
        while came.len() < BYTES {
            sent += pair.send(&page[sent..]);
            pair.settle();
            pair.receive(&mut came);
        }
        assert!(came == page);
    });
}

#[test]
fn a_stream_is_ready_when_it_has_data_or_its_end() {
    run(|| {
        let mut pair = Pair::new();
        let (owner, other) = (TaskHandle::new(3, 1), TaskHandle::new(4, 1));
        let ready = |pair: &mut Pair, who| crate::calls::ready(&mut pair.stacks[1], who);
        // One that listens, beside the connection.
        let listens = pair.stacks[1].table.take(Kind::Stream, owner, |_| true);
        let listens = listens.unwrap();
        let stream = pair.stacks[1].stream(listens).unwrap();
        stream.listen(PORT + 1).unwrap();
        assert_eq!(ready(&mut pair, owner), 0);
        pair.send(b"data");
        pair.settle();
        assert_eq!([ready(&mut pair, owner), ready(&mut pair, other)], [1, 0]);
        pair.receive(&mut Vec::new());
        assert_eq!(ready(&mut pair, owner), 0);
        pair.stacks[0].stream(0).unwrap().close();
        pair.settle();
        assert_eq!(ready(&mut pair, owner), 1);
    });
}

#[test]
fn a_closed_stream_whose_other_side_has_all_is_over() {
    run(|| {
        let mut pair = Pair::new();
        pair.send(b"data");
        pair.stacks[0].close(0);
        assert!(!pair.stacks[0].has_sent(0), "there is more to send");
        pair.settle();
        assert!(pair.stacks[0].has_sent(0), "the other side does not end");
        assert!(!pair.stacks[0].is_free(0), "others are better");
    });
}

#[test]
fn what_a_dead_driver_had_is_sent_again_when_the_next_is_there() {
    run(|| {
        let mut pair = Pair::new();
        let (page, mut sent, mut came) = (page(), 0, Vec::new());
        let mut deaths = 0;
        while came.len() < BYTES {
            sent += pair.send(&page[sent..]);
            // The driver of the first takes all that there is to send, and dies with it. So no later frame shows the
            // second that one is missing.
            for _ in 0..32 {
                pair.poll(0);
                pair.ways[1].clear();
            }
            deaths += 1;
            assert!(deaths < 100, "{} bytes came", came.len());
            pair.stacks[0].bound([2, 0, 0, 0, 0, 1]);
            pair.settle();
            pair.receive(&mut came);
        }
        assert!(came == page && deaths > 3);
    });
}

#[test]
fn a_new_driver_first_sends_what_lets_the_other_side_send_again() {
    run(|| {
        let mut pair = Pair::new();
        pair.send(b"data");
        pair.settle();
        pair.receive(&mut Vec::new());
        pair.stacks[0].bound([2, 0, 0, 0, 0, 1]);
        for _ in 0..3 {
            pair.poll(0);
        }
        // Segments with one sequence number, and one that is acknowledged: more than three, and no more by themselves.
        let numbers = |frame: &Vec<u8>| frame[38..46].to_vec();
        let said: Vec<_> = pair.ways[1].iter().map(numbers).collect();
        assert_eq!(said.len(), 4, "{said:?}");
        assert!(said.iter().all(|numbers| *numbers == said[0]), "{said:?}");
        pair.settle();
        assert_eq!(pair.send(b"still here"), 10);
        pair.settle();
        let mut came = Vec::new();
        pair.receive(&mut came);
        assert_eq!(came, b"still here");
    });
}

#[test]
fn random_numbers_change_where_connections_begin_and_nothing_else() {
    run(|| {
        let mut pair = Pair::new();
        let [first, _] = &mut pair.stacks;
        let (addresses, port) = (first.interface.ip_addrs().to_vec(), first.port());
        first.stir(0x1234_5678_9abc_def0);
        assert_eq!(first.interface.ip_addrs(), addresses);
        assert_ne!(first.port(), port + 1);
        assert_eq!(pair.send(b"still here"), 10);
        pair.settle();
        let mut came = Vec::new();
        pair.receive(&mut came);
        assert_eq!(came, b"still here");
        // Who gives a number later does not choose the sum.
        let [first, second] = &mut pair.stacks;
        for stack in [first, second] {
            stack.stir(7);
        }
        let ports = pair.stacks.map(|mut stack| stack.port());
        assert_ne!(ports[0], ports[1]);
    });
}

#[test]
fn frames_that_are_nonsense_change_nothing() {
    run(|| {
        let mut pair = Pair::new();
        let mut number = 1_u64;
        let mut random = move || {
            number ^= number << 13;
            number ^= number >> 7;
            number ^= number << 17;
            number as u8
        };
        for round in 0..20_000 {
            let length = 14 + usize::from(random()) * 5;
            let mut frame: Vec<u8> = (0..length).map(|_| random()).collect();
            // To the second, and of a kind that it looks into: ARP, or IPv4 with any protocol and any length.
            frame[..6].copy_from_slice(&[2, 0, 0, 0, 0, 2]);
            frame[12..14].copy_from_slice(if round % 4 == 0 { &[8, 6] } else { &[8, 0] });
            if let (true, Some(head)) = (round % 2 == 1, frame.get_mut(14..24)) {
                head[0] = 0x45;
                head[9] = [1, 6, 17][round % 3];
            }
            pair.ways[1].push_back(frame);
            if round % 16 == 0 {
                pair.settle();
            }
        }
        pair.settle();
        assert_eq!(pair.send(b"still here"), 10);
        pair.settle();
        let mut came = Vec::new();
        pair.receive(&mut came);
        assert_eq!(came, b"still here");
    });
}
