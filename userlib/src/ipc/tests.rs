//! Calls between tasks: packing, borrows, deferred replies, reconnecting.

use super::*;
use crate::manifest::{PEERS, PeerEntry};
use crate::sys::{self, Error, Message, Rights, TaskHandle};
use crate::testing::{Board, PEER};
use std::string::String;
use std::vec;
use std::vec::Vec;
use zerocopy::{Immutable, IntoBytes, KnownLayout, TryFromBytes};

/// A value whose bit patterns are not all valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub(crate) enum Mode {
    /// One.
    Slow = 1,
    /// Other.
    Fast = 2,
}

/// More than a message holds, and not all bit patterns are valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Picture {
    mode: Mode,
    pixels: [u8; 99],
}

/// Calls of every shape.
#[interface]
pub(crate) trait Port {
    /// Values in and out.
    fn configure(&mut self, mode: Mode, rate: u32) -> Result<u64, Error>;
    /// A buffer to read, and one to write.
    fn exchange(&mut self, out: &[u8], into: &mut [u8], offset: u16) -> Result<u32, Error>;
    /// Answered later.
    #[deferred]
    fn wait(&mut self, into: &mut [u8]) -> Result<u32, Error>;
    /// Nothing in, nothing out.
    fn reset(&mut self) -> Result<(), Error>;
    /// Records that are larger than a message, both ways.
    fn invert(&mut self, picture: &Picture) -> Result<Picture, Error>;
}

#[derive(Default)]
struct Server {
    seen: Vec<(Mode, u32)>,
    waiting: Option<(WriteLoan, Deferred<u32>)>,
    level: u32,
}

impl PortServer for Server {
    fn configure(&mut self, mode: Mode, rate: u32) -> Result<u64, Error> {
        self.seen.push((mode, rate));
        Ok(u64::from(rate) << 32)
    }
    fn exchange(&mut self, out: ReadLoan, into: WriteLoan, offset: u16) -> Result<u32, Error> {
        let mut bytes = vec![0; out.len()];
        out.read(usize::from(offset), &mut bytes[usize::from(offset)..])?;
        Ok(into.write(0, &bytes)? as u32)
    }
    fn wait(&mut self, into: WriteLoan, reply: Deferred<u32>) {
        self.waiting = Some((into, reply));
    }
    fn invert(&mut self, picture: &Picture) -> Result<Picture, Error> {
        let pixels = picture.pixels.map(|pixel| !pixel);
        Ok(Picture { pixels, ..*picture })
    }
    fn reset(&mut self) -> Result<(), Error> {
        Err(Error::Busy)
    }
}

/// A client that is connected, and the call that it makes with this reply.
fn sent(board: &Board, reply: Message, call: impl FnOnce(&mut PortClient)) -> Message {
    board.0.borrow_mut().replies.push_back(Ok(reply));
    call(&mut PortClient::connect("peer").unwrap());
    board.0.borrow().sent.last().copied().unwrap()
}

/// What the server replies to this.
fn served(server: &mut Server, message: &Message) -> Message {
    let request = Request::new(TaskHandle::from_raw(PEER), message);
    let answer = if GaugeServer::has(server, &request) {
        GaugeServer::dispatch(server, &request)
    } else {
        PortServer::dispatch(server, &request)
    };
    match answer {
        Answer::Reply(reply) => reply,
        Answer::Later => panic!("answered at once"),
    }
}

#[test]
fn values_arrive_and_come_back() {
    Board::run(|board| {
        let mut server = Server::default();
        let request = sent(board, Message::EMPTY, |port| {
            assert_eq!(
                port.configure(Mode::Fast, 9600),
                Err(Error::Protocol),
                "a reply without a value"
            );
        });
        let reply = served(&mut server, &request);
        assert_eq!(server.seen, [(Mode::Fast, 9600)]);
        sent(board, reply, |port| {
            assert_eq!(port.configure(Mode::Fast, 9600), Ok(9600 << 32))
        });
        let request = sent(board, Message::EMPTY, |port| {
            assert_eq!(port.reset(), Ok(()))
        });
        let reply = served(&mut server, &request);
        sent(board, reply, |port| {
            assert_eq!(port.reset(), Err(Error::Busy))
        });
    });
}

#[test]
fn loans_go_along() {
    Board::run(|board| {
        let mut server = Server::default();
        let request = sent(board, Message::EMPTY, |port| {
            let _ = port.exchange(b"hello", &mut [0; 8], 2);
        });
        let long: Vec<u8> = (0..3000).map(|at| at as u8).collect();
        for bytes in [b"hello".to_vec(), long] {
            let length = bytes.len();
            board.0.borrow_mut().loans = vec![
                (Rights::READ, bytes.clone()),
                (Rights::READ | Rights::WRITE, vec![0; length]),
            ];
            let reply = served(&mut server, &request);
            sent(board, reply, |port| {
                assert_eq!(port.exchange(&[], &mut [], 2), Ok(length as u32));
            });
            assert_eq!(board.0.borrow().loans[1].1[2..], bytes[2..]);
        }
        board.0.borrow_mut().loans = vec![(Rights::READ, vec![1]), (Rights::READ, vec![1])];
        assert_eq!(
            served(&mut server, &request),
            refused(Error::Denied),
            "the second is not writable"
        );
        board.0.borrow_mut().loans.clear();
        assert_eq!(served(&mut server, &request), refused(Error::NotFound));
    });
}

#[test]
fn records_of_any_size_go_along_and_are_checked() {
    Board::run(|board| {
        let mut server = Server::default();
        let picture = Picture {
            mode: Mode::Fast,
            pixels: [0x0f; 99],
        };
        let request = sent(board, Message::EMPTY, |port| {
            assert_eq!(
                port.invert(&picture),
                Err(Error::Protocol),
                "nobody wrote the result"
            );
        });
        let bytes = picture.as_bytes().to_vec();
        let both = Rights::READ | Rights::WRITE;
        board.0.borrow_mut().loans = vec![(Rights::READ, bytes.clone()), (both, vec![0; 100])];
        assert_eq!(served(&mut server, &request).tag.operation(), 0);
        let written = board.0.borrow().loans[1].1.clone();
        assert_eq!(
            (written[0], &written[1..]),
            (Mode::Fast as u8, &[0xf0; 99][..])
        );

        let mut invalid = bytes.clone();
        invalid[0] = 7;
        for (loans, error) in [
            (vec![], Error::NotFound),
            (vec![(Rights::READ, invalid)], Error::Invalid),
            (vec![(Rights::READ, vec![1; 99])], Error::Invalid),
            (vec![(Rights::READ, vec![1; 101])], Error::Invalid),
            (vec![(Rights::WRITE, bytes.clone())], Error::Denied),
            (vec![(Rights::READ, bytes.clone())], Error::NotFound),
            (
                vec![(Rights::READ, bytes.clone()), (both, vec![0; 99])],
                Error::Invalid,
            ),
            (
                vec![(Rights::READ, bytes.clone()), (Rights::READ, bytes)],
                Error::Denied,
            ),
        ] {
            board.0.borrow_mut().loans = loans;
            assert_eq!(served(&mut server, &request), refused(error));
        }
    });
}

fn refused(error: Error) -> Message {
    match Answer::error(error) {
        Answer::Reply(reply) => reply,
        Answer::Later => unreachable!(),
    }
}

#[test]
fn what_is_malformed_is_invalid() {
    Board::run(|board| {
        let mut server = Server::default();
        let good = sent(board, Message::EMPTY, |port| {
            let _ = port.configure(Mode::Slow, 1);
        });
        let mut bad = good;
        bad.words[0] = 3;
        assert_eq!(
            served(&mut server, &bad),
            refused(Error::Invalid),
            "no such mode"
        );
        bad = Message::new(tag(1, 1, 0), good.words);
        assert_eq!(
            served(&mut server, &bad),
            refused(Error::Invalid),
            "an argument is missing"
        );
        bad = Message::new(tag(1, 255, 0), good.words);
        assert_ne!(
            served(&mut server, &bad),
            refused(Error::Invalid),
            "more words than there are are all"
        );
        for operation in [0, 6, u16::MAX] {
            bad = Message::new(tag(operation, 2, 0), good.words);
            assert_eq!(served(&mut server, &bad), refused(Error::Invalid));
        }
        assert_eq!(server.seen.len(), 1);
        sent(board, Message::new(tag(999, 0, 0), [0; 8]), |port| {
            assert_eq!(port.reset(), Err(Error::Protocol), "no such error");
        });
    });
}

#[test]
fn a_reply_may_come_later_but_always_comes() {
    Board::run(|board| {
        let mut server = Server::default();
        let request = sent(board, Message::EMPTY, |port| {
            let _ = port.wait(&mut [0; 4]);
        });
        let request = Request::new(TaskHandle::from_raw(PEER), &request);
        board.0.borrow_mut().loans = vec![(Rights::all(), vec![0; 4])];
        assert_eq!(PortServer::dispatch(&mut server, &request), Answer::Later);
        let (into, reply) = server.waiting.take().unwrap();
        assert_eq!(into.write(1, b"abcdef"), Ok(3));
        assert_eq!(into.write(5, b"a"), Err(Error::Invalid));
        reply.reply(Ok(3));
        let last = |board: &Board| board.0.borrow().replied.last().copied().unwrap();
        assert_eq!(last(board).1.words[0], 3);
        assert_eq!(PortServer::dispatch(&mut server, &request), Answer::Later);
        drop(server);
        assert_eq!(last(board), (PEER, refused(Error::Unbound)));
        assert_eq!(board.0.borrow().replied.len(), 2);
    });
}

#[test]
fn a_peer_is_found_by_one_call_and_only_if_the_manifest_lists_it() {
    let entry = |name, index| PeerEntry {
        label: sys::label(name),
        index,
    };
    Board::run(|board| {
        let connect = |name| {
            let before = board.0.borrow().calls;
            let peer = PortClient::connect(name).map(|port| port.peer().handle().raw());
            (peer, board.0.borrow().calls - before)
        };
        // Task 1 has another name than its entry: two names with one label.
        PEERS.set(crate::sys::keep_shared([
            entry("peer", 1),
            entry("peer", 2),
            entry("gone", 9),
        ]));
        assert_eq!(connect("peer"), (Ok(PEER), 2));
        PEERS.set(crate::sys::keep_shared([
            entry("supervisor", 0),
            entry("peer", 2),
        ]));
        assert_eq!(connect("peer"), (Ok(PEER), 1));
        assert_eq!(connect("other").0, Err(Error::Denied));
        assert_eq!(connect("nobody").0, Err(Error::NotFound));
        PEERS.set(&[]);
    });
}

#[test]
fn a_peer_that_died_is_found_again() {
    Board::run(|board| {
        let mut port = PortClient::connect("peer").unwrap();
        assert_eq!(PortClient::connect("nobody").err(), Some(Error::NotFound));
        assert_eq!(port.peer().handle().raw(), PEER);
        board.0.borrow_mut().restarted = true;
        board.0.borrow_mut().replies.push_back(Err(Error::Dead));
        assert_eq!(port.reset(), Err(Error::Dead));
        assert_eq!(port.peer().handle(), TaskHandle::new(2, 2));
        board.0.borrow_mut().replies.push_back(Ok(Message::EMPTY));
        assert_eq!(port.reset(), Ok(()));
    });
}

#[test]
fn a_peer_that_is_not_back_yet_is_called_in_its_next_life() {
    Board::run(|board| {
        let mut port = PortClient::connect("peer").unwrap();
        board.0.borrow_mut().ended = true;
        board.0.borrow_mut().replies.push_back(Err(Error::Dead));
        assert_eq!(port.reset(), Err(Error::Dead));
        // It comes back, and nobody calls it meanwhile.
        assert_eq!(port.peer().handle(), TaskHandle::new(2, 2));
    });
}

/// Arguments that are called what the expansion calls its own.
#[interface]
pub(crate) trait Names {
    /// On the client's side.
    fn client(&mut self, writer: u8, words: u16, count: u32, into: &mut [u8])
    -> Result<u32, Error>;
    /// On the server's side.
    fn server(&mut self, request: u8, message: &[u8], arguments: u32) -> Result<u32, Error>;
}

#[test]
fn an_argument_may_have_any_name() {
    struct Sum;
    impl NamesServer for Sum {
        fn client(&mut self, a: u8, b: u16, c: u32, into: WriteLoan) -> Result<u32, Error> {
            Ok(u32::from(a) + u32::from(b) + c + into.len() as u32)
        }
        fn server(&mut self, a: u8, message: ReadLoan, c: u32) -> Result<u32, Error> {
            Ok(u32::from(a) + message.len() as u32 + c)
        }
    }
    Board::run(|board| {
        board.0.borrow_mut().loans = vec![(Rights::all(), vec![0; 1000])];
        let mut client = NamesClient::connect("peer").unwrap();
        let mut round = |call: &mut dyn FnMut(&mut NamesClient) -> Result<u32, Error>| {
            board.0.borrow_mut().replies.push_back(Ok(Message::EMPTY));
            assert_eq!(
                call(&mut client),
                Err(Error::Protocol),
                "a reply without a value"
            );
            let sent = board.0.borrow().sent.last().copied().unwrap();
            let Answer::Reply(reply) =
                Sum.dispatch(&Request::new(TaskHandle::from_raw(PEER), &sent))
            else {
                panic!("answered at once")
            };
            board.0.borrow_mut().replies.push_back(Ok(reply));
            call(&mut client)
        };
        assert_eq!(
            round(&mut |names| names.client(1, 20, 300, &mut [])),
            Ok(1321)
        );
        assert_eq!(round(&mut |names| names.server(4, &[], 50)), Ok(1054));
    });
}

/// A second interface of the same server, numbered behind the first.
#[interface(first = 16)]
pub(crate) trait Gauge {
    /// A value out.
    fn level(&mut self) -> Result<u32, Error>;
    /// A value in.
    fn set_level(&mut self, level: u32) -> Result<(), Error>;
}

impl GaugeServer for Server {
    fn level(&mut self) -> Result<u32, Error> {
        Ok(self.level)
    }
    fn set_level(&mut self, level: u32) -> Result<(), Error> {
        self.level = level;
        Err(Error::Busy)
    }
}

#[test]
fn a_server_of_two_interfaces_tells_their_requests_apart() {
    Board::run(|board| {
        let mut server = Server::default();
        board.0.borrow_mut().replies.push_back(Ok(Message::EMPTY));
        let _ = GaugeClient::connect("peer").unwrap().set_level(1);
        let request = board.0.borrow().sent.last().copied().unwrap();
        assert_eq!(served(&mut server, &request), refused(Error::Busy));
        assert_eq!(server.level, 1);
        assert!(server.seen.is_empty());
        // The first of the other interface, and those before and behind the second.
        for (operation, own) in [(1, false), (15, false), (16, true), (17, true), (18, false)] {
            let message = Message::new(tag(operation, 0, 0), [0; 8]);
            let request = Request::new(TaskHandle::from_raw(PEER), &message);
            assert_eq!(GaugeServer::has(&server, &request), own, "{operation}");
        }
    });
}

/// A record whose fields are told.
#[derive(Clone, Copy, Debug, Described, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Reading {
    mode: Speed,
    pairs: [[u16; 2]; 3],
    name: leasehold_abi::Padded<8>,
}

/// An enumeration that is told as its number.
#[derive(Clone, Copy, Debug, Described, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(i32)]
pub(crate) enum Speed {
    /// The only one.
    #[allow(dead_code, reason = "comes from another task")]
    Slow = -1,
}

/// Types that say what they are.
#[interface(first = 32)]
pub(crate) trait Told {
    /// A record lent, and one as the result.
    fn r#match(&mut self, reading: &Reading, on: bool) -> Result<Reading, Error>;
    /// Nothing.
    fn clear(&mut self) -> Result<(), Error>;
}

struct Teller;

impl ToldServer for Teller {
    fn r#match(&mut self, reading: &Reading, _: bool) -> Result<Reading, Error> {
        Ok(*reading)
    }
    fn clear(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

impl ToldAsyncServer for Teller {
    async fn r#match(self, reading: &Reading, _: bool) -> Result<Reading, Error> {
        Ok(*reading)
    }
    async fn clear(self) -> Result<(), Error> {
        Ok(())
    }
}

/// What a server says of an operation, whose loan has so much room.
fn told(
    board: &Board,
    room: usize,
    operation: u16,
    serve: impl Fn(&Request<'_>) -> Answer,
) -> (Message, String) {
    let message = Message::new(tag(describe::DESCRIBE | operation, 0, 0), [0; 8]);
    board.0.borrow_mut().loans = vec![(Rights::all(), vec![0; room])];
    let Answer::Reply(reply) = serve(&Request::new(TaskHandle::from_raw(PEER), &message)) else {
        panic!("answered at once")
    };
    let line = board.0.borrow().loans[0].1.clone();
    (reply, String::from_utf8(line).unwrap())
}

#[test]
fn a_server_tells_its_methods_with_their_types() {
    const RECORD: &str = "{mode: i32, pairs: [[u16; 2]; 3], name: text 8}";
    Board::run(|board| {
        let serve = |request: &Request<'_>| {
            let mut server = Server::default();
            if GaugeServer::has(&server, request) {
                GaugeServer::dispatch(&mut server, request)
            } else {
                PortServer::dispatch(&mut server, request)
            }
        };
        for (operation, line) in [
            // An enumeration that does not say what it is.
            (1, "configure(mode: bytes 1, rate: u32) -> u64"),
            (
                2,
                "exchange(out: &[u8], into: &mut [u8], offset: u16) -> u32",
            ),
            (3, "wait(into: &mut [u8]) -> u32"),
            (5, "invert(picture: &bytes 100) -> bytes 100"),
            (16, "level() -> u32"),
            (17, "set_level(level: u32) -> ()"),
        ] {
            let (reply, text) = told(board, line.len(), operation, serve);
            assert_eq!(text, line);
            assert_eq!(reply, Message::EMPTY);
            let (reply, text) = told(board, 4, operation, serve);
            assert_eq!(text, line[..4], "as much as there is room for");
            assert_eq!(reply, Message::EMPTY);
        }
        for operation in [0, 6, 15, 18, 0x7fff] {
            let (reply, _) = told(board, 8, operation, serve);
            assert_eq!(reply, refused(Error::Invalid), "{operation}");
        }
        let whole = std::format!("match(reading: &{RECORD}, on: bool) -> {RECORD}");
        let callback = |request: &Request<'_>| ToldServer::dispatch(&mut Teller, request);
        assert_eq!(told(board, whole.len(), 32, callback).1, whole);
        let future = |request: &Request<'_>| {
            let mut served = std::pin::pin!(ToldAsyncServer::dispatch(Teller, request));
            let waker = std::task::Waker::noop();
            match served
                .as_mut()
                .poll(&mut std::task::Context::from_waker(waker))
            {
                std::task::Poll::Ready(answer) => answer,
                std::task::Poll::Pending => panic!("answered at once"),
            }
        };
        assert_eq!(told(board, whole.len(), 32, future).1, whole);
        assert_eq!(told(board, 11, 33, future).1, "clear() -> ");
        assert_eq!(told(board, 8, 34, future).0, refused(Error::Invalid));
        let message = Message::new(tag(describe::DESCRIBE | 32, 0, 0), [0; 8]);
        board.0.borrow_mut().loans.clear();
        let request = Request::new(TaskHandle::from_raw(PEER), &message);
        assert_eq!(
            callback(&request),
            Answer::error(Error::NotFound),
            "no loan"
        );
    });
}
