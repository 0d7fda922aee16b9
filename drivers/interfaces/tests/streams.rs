//! The streams of `embedded-io` above a console and a stack that a test plays, honest ones and liars.

use core::pin::pin;
use core::task::{Context, Poll, Waker};
use driver_interfaces::{
    ConsoleClient, ConsoleServer, ConsoleStream, Datagram, Endpoint, NetworkStatus, SocketsClient,
    SocketsServer, StreamState, TcpStream,
};
use driver_testing::{Offer, Stage};
use embedded_io::{ErrorKind, Read, ReadExactError, ReadReady, Write, WriteFmtError, WriteReady};
use leasehold_abi::{Error, Notifications};
use rust_mqtt::Bytes;
use rust_mqtt::buffer::AllocBuffer;
use rust_mqtt::client::Client;
use rust_mqtt::client::event::Event;
use rust_mqtt::client::options::{ConnectOptions, PublicationOptions, TopicReference};
use rust_mqtt::types::{MqttString, TopicName};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use userlib::ForLt;
use userlib::ipc::{Answer, Deferred, ReadLoan, Request, WriteLoan};
use userlib::runtime::{Core, Device, Driver};

/// The socket that the stack gives.
const SOCKET: u32 = 3;

/// What the other task does.
#[derive(Default)]
struct Script {
    /// What each read gives, in order; then there is nothing more to come, or for a stream its end.
    input: VecDeque<Result<Vec<u8>, Error>>,
    /// A connection whose other side has ended.
    ended: bool,
    /// How much of a write is taken at most.
    room: usize,
    /// What is said of each call in place of the truth.
    lie: Option<u32>,
    output: Vec<u8>,
    /// The calls with their times, where they have one.
    calls: Vec<(&'static str, u32)>,
}

#[derive(Clone, Default)]
struct Other(Rc<RefCell<Script>>);

impl Other {
    fn said(&self, call: &'static str, milliseconds: u32) {
        self.0.borrow_mut().calls.push((call, milliseconds));
    }

    /// Takes some of what is lent.
    fn take(&self, bytes: &ReadLoan) -> Result<u32, Error> {
        let mut script = self.0.borrow_mut();
        let mut taken = vec![0; bytes.len().min(script.room)];
        bytes.read(0, &mut taken)?;
        script.output.extend(&taken);
        Ok(script.lie.unwrap_or(taken.len() as u32))
    }

    /// Gives the next bytes, as many as there is room for. `None`: there are none.
    fn give(&self, into: &WriteLoan) -> Option<Result<u32, Error>> {
        let mut script = self.0.borrow_mut();
        let mut bytes = match script.input.pop_front()? {
            Ok(bytes) => bytes,
            Err(error) => return Some(Err(error)),
        };
        let rest = bytes.split_off(bytes.len().min(into.len()));
        if !rest.is_empty() {
            script.input.push_front(Ok(rest));
        }
        let given = into.write(0, &bytes).map(|count| count as u32);
        Some(given.map(|given| script.lie.unwrap_or(given)))
    }
}

impl ConsoleServer for Other {
    fn write(&mut self, bytes: ReadLoan, reply: Deferred<u32>) {
        reply.reply(self.take(&bytes));
    }

    fn read(&mut self, bytes: WriteLoan, reply: Deferred<u32>) {
        self.said("read", 0);
        reply.reply(self.give(&bytes).unwrap_or(Ok(0)));
    }

    fn read_ready(&mut self, bytes: WriteLoan, reply: Deferred<u32>) {
        self.said("read_ready", 0);
        reply.reply(self.give(&bytes).unwrap_or(Ok(0)));
    }

    fn flush(&mut self, reply: Deferred<u32>) {
        self.said("flush", 0);
        reply.reply(Ok(0));
    }

    fn watch(&mut self, _: Notifications) -> Result<(), Error> {
        Err(Error::Invalid)
    }
}

impl SocketsServer for Other {
    fn open(&mut self, to: Endpoint, milliseconds: u32, reply: Deferred<u32>) {
        self.said("open", milliseconds);
        reply.reply(match to.port {
            7 => Ok(SOCKET),
            _ => Err(Error::NotFound),
        });
    }

    fn send(&mut self, socket: u32, milliseconds: u32, data: ReadLoan, reply: Deferred<u32>) {
        assert_eq!(socket, SOCKET);
        self.said("send", milliseconds);
        reply.reply(self.take(&data));
    }

    fn receive(&mut self, socket: u32, milliseconds: u32, into: WriteLoan, reply: Deferred<u32>) {
        assert_eq!(socket, SOCKET);
        self.said("receive", milliseconds);
        let nothing = match (self.0.borrow().ended, milliseconds) {
            (true, _) => Ok(0),
            (false, 0) => Err(Error::Busy),
            (false, _) => Err(Error::TimedOut),
        };
        reply.reply(self.give(&into).unwrap_or(nothing));
    }

    fn stir(&mut self, _: u64) -> Result<(), Error> {
        Err(Error::Invalid)
    }

    fn state(&mut self, socket: u32) -> Result<StreamState, Error> {
        assert_eq!(socket, SOCKET);
        let script = self.0.borrow();
        Ok(StreamState {
            received: 0,
            room: script.room as u32,
            is_open: u32::from(!script.ended),
        })
    }

    fn finish(&mut self, socket: u32) -> Result<(), Error> {
        self.said("finish", socket);
        Ok(())
    }

    fn close(&mut self, socket: u32) -> Result<(), Error> {
        self.said("close", socket);
        Ok(())
    }

    // A stream makes none of these calls.
    fn status(&mut self) -> Result<NetworkStatus, Error> {
        unreachable!()
    }
    fn ping(&mut self, _: [u8; 4], _: u32, _: Deferred<u32>) {
        unreachable!()
    }
    fn listen(&mut self, _: u16) -> Result<u32, Error> {
        unreachable!()
    }
    fn accept(&mut self, _: u32, _: u32, _: Deferred<Endpoint>) {
        unreachable!()
    }
    fn wait(&mut self, _: u32, _: Deferred<u32>) {
        unreachable!()
    }
    fn bind(&mut self, _: u16) -> Result<u32, Error> {
        unreachable!()
    }
    fn send_to(&mut self, _: u32, _: Endpoint, _: ReadLoan, _: Deferred<u32>) {
        unreachable!()
    }
    fn receive_from(&mut self, _: u32, _: u32, _: WriteLoan, _: Deferred<Datagram>) {
        unreachable!()
    }
}

/// The other task: a console, or a stack.
struct OtherDriver<const IS_CONSOLE: bool>(Other);

impl<const IS_CONSOLE: bool> Driver for OtherDriver<IS_CONSOLE> {
    type State = ForLt!(());

    fn probe<'cap>(&self, _: &Device<'cap, Core>) -> Result<(), Error> {
        Ok(())
    }

    fn request<'cap>(&self, (): &mut (), _: &Device<'cap, Core>, request: &Request<'_>) -> Answer {
        let mut other = self.0.clone();
        match IS_CONSOLE {
            true => ConsoleServer::dispatch(&mut other, request),
            false => SocketsServer::dispatch(&mut other, request),
        }
    }
}

fn play<const IS_CONSOLE: bool>(script: Script, test: impl FnOnce(&mut Stage<'_>)) -> Script {
    let other = Other(Rc::new(RefCell::new(script)));
    let driver = OtherDriver::<IS_CONSOLE>(other.clone());
    Offer::new("other", 0, 0).play_callbacks(&driver, test);
    drop(driver);
    Rc::into_inner(other.0)
        .expect("nobody has the script")
        .into_inner()
}

fn on_console<R>(script: Script, talk: impl Fn(ConsoleStream) -> R) -> (R, Script) {
    let mut result = None;
    let script = play::<true>(script, |stage| {
        result = Some(stage.talk(|peer| talk(ConsoleStream::new(ConsoleClient::of(peer)))));
    });
    (result.expect("it was played"), script)
}

fn on_stream<R>(script: Script, talk: impl Fn(TcpStream) -> R) -> (R, Script) {
    let mut result = None;
    let script = play::<false>(script, |stage| {
        result = Some(stage.talk(|peer| {
            let stream = TcpStream::of(SocketsClient::of(peer), SOCKET);
            talk(stream.with_patience(500))
        }));
    });
    (result.expect("it was played"), script)
}

fn input(parts: &[&str]) -> VecDeque<Result<Vec<u8>, Error>> {
    parts
        .iter()
        .map(|part| Ok(part.as_bytes().to_vec()))
        .collect()
}

/// Code that knows `embedded-io` alone: reads up to the end of a line.
fn line<R: Read>(from: &mut R) -> Result<String, R::Error> {
    let (mut line, mut byte) = (String::new(), [0]);
    while from.read(&mut byte)? == 1 && byte[0] != b'\n' {
        line.push(char::from(byte[0]));
    }
    Ok(line)
}

#[test]
fn a_connection_is_opened_written_read_to_its_end_and_closed_once() {
    let script = Script {
        input: input(&["hel", "lo\nrest"]),
        ended: true,
        room: 4,
        ..Script::default()
    };
    let mut result = None;
    let script = play::<false>(script, |stage| {
        result = Some(stage.talk(|peer| {
            let to = Endpoint::new([10, 0, 2, 2], 7);
            let mut stream = TcpStream::open(SocketsClient::of(peer), to, 1000)?;
            stream.write_all(b"0123456789")?;
            stream.flush()?;
            stream.finish()?;
            let first = line(&mut stream)?;
            let second = line(&mut stream)?;
            Ok::<_, Error>((first, second, stream.read(&mut [0; 8])?))
        }));
    });
    let expected = ("hello".to_string(), "rest".to_string(), 0);
    assert_eq!(result, Some(Ok(expected)));
    assert_eq!(script.output, b"0123456789");
    assert_eq!(script.calls[0], ("open", 1000));
    assert_eq!(script.calls[1..4], [("send", u32::MAX); 3], "4, 4 and 2");
    assert_eq!(script.calls[4], ("finish", SOCKET));
    assert_eq!(script.calls.last(), Some(&("close", SOCKET)));
    let closes = script.calls.iter().filter(|call| call.0 == "close");
    assert_eq!(closes.count(), 1);
}

#[test]
fn where_nobody_listens_there_is_no_socket_to_close() {
    let script = play::<false>(Script::default(), |stage| {
        let opened = stage.talk(|peer| {
            let to = Endpoint::new([10, 0, 2, 2], 8);
            TcpStream::open(SocketsClient::of(peer), to, 10).map(drop)
        });
        assert_eq!(opened, Err(Error::NotFound));
    });
    assert_eq!(script.calls, [("open", 10)]);
}

#[test]
fn whether_a_connection_can_be_read_is_said_without_waiting_and_without_loss() {
    let talk = |mut stream: TcpStream| {
        let ready = [stream.read_ready(), stream.read_ready()];
        let mut bytes = [0; 8];
        // Nothing can be read into nothing, and the byte stays.
        let none = stream.read(&mut []);
        let first = stream.read(&mut bytes[..2]);
        let second = stream.read(&mut bytes[first.unwrap_or(0)..]);
        (ready, none, first, second, bytes)
    };
    let script = Script {
        input: input(&["abc"]),
        ..Script::default()
    };
    let (told, script) = on_stream(script, talk);
    assert_eq!(
        told,
        ([Ok(true); 2], Ok(0), Ok(1), Ok(2), *b"abc\0\0\0\0\0")
    );
    assert_eq!(script.calls[..2], [("receive", 0), ("receive", 500)]);

    let ready = |mut stream: TcpStream| (stream.read_ready(), stream.read(&mut [0; 4]));
    let (told, script) = on_stream(Script::default(), ready);
    let (ready_now, read) = told;
    assert_eq!(ready_now, Ok(false), "nothing has come");
    let error = read.unwrap_err();
    assert_eq!(embedded_io::Error::kind(&error), ErrorKind::TimedOut);
    assert_eq!(script.calls[..2], [("receive", 0), ("receive", 500)]);

    let ended = Script {
        ended: true,
        ..Script::default()
    };
    let (told, script) = on_stream(ended, ready);
    assert_eq!(told, (Ok(true), Ok(0)), "the end can be read");
    assert_eq!(script.calls[..], [("receive", 0), ("close", SOCKET)]);

    let reset = Script {
        input: VecDeque::from([Err(Error::Revoked)]),
        ..Script::default()
    };
    let (told, _) = on_stream(reset, |mut stream| stream.read_ready());
    let error = told.unwrap_err();
    assert_eq!(embedded_io::Error::kind(&error), ErrorKind::BrokenPipe);
}

#[test]
fn whether_a_connection_can_be_written_is_whether_a_write_would_wait() {
    for (room, ended, expected) in [(1, false, true), (0, false, false), (0, true, true)] {
        let script = Script {
            room,
            ended,
            ..Script::default()
        };
        let (ready, _) = on_stream(script, |mut stream| stream.write_ready());
        assert_eq!(ready, Ok(expected), "{room} {ended}");
    }
}

#[test]
fn a_stack_that_lies_about_counts_is_a_broken_protocol_and_no_panic() {
    for lie in [0, 4, u32::MAX] {
        let lies = || Script {
            input: input(&["abc"]),
            room: 3,
            lie: Some(lie),
            ..Script::default()
        };
        let (written, _) = on_stream(lies(), |mut stream| stream.write_all(b"abc"));
        assert_eq!(written.map_err(Error::from), Err(Error::Protocol), "{lie}");
        let (read, _) = on_stream(lies(), |mut stream| stream.read_exact(&mut [0; 3]));
        let expected = match lie {
            // It says that the other side has ended: that can be.
            0 => ReadExactError::UnexpectedEof,
            _ => ReadExactError::Other(driver_interfaces::StreamError(Error::Protocol)),
        };
        assert_eq!(read, Err(expected), "{lie}");
    }
    let lies = Script {
        input: input(&["abc"]),
        lie: Some(2),
        ..Script::default()
    };
    let (ready, _) = on_stream(lies, |mut stream| stream.read_ready());
    assert_eq!(ready.map_err(Error::from), Err(Error::Protocol));
}

#[test]
fn a_console_is_read_written_and_asked_whether_there_is_input() {
    let script = Script {
        input: input(&["ok\n"]),
        room: 64,
        ..Script::default()
    };
    let (told, script) = on_console(script, |mut console| {
        writeln!(console, "{}+{}", 1, 2).map_err(|error| match error {
            WriteFmtError::FmtError => Error::Invalid,
            WriteFmtError::Other(error) => error.into(),
        })?;
        console.flush()?;
        let ready = console.read_ready()?;
        let line = line(&mut console)?;
        Ok::<_, Error>((ready, line, console.read_ready()?))
    });
    assert_eq!(told, Ok((true, "ok".to_string(), false)));
    assert_eq!(script.output, b"1+2\n");
    let names: Vec<_> = script.calls.iter().map(|call| call.0).collect();
    let expected = ["flush", "read_ready", "read", "read", "read_ready"];
    assert_eq!(names, expected, "no read waits after the input");
}

#[test]
fn a_console_that_lies_is_a_broken_protocol_and_no_panic() {
    for lie in [0, 2, 4, u32::MAX] {
        let lies = Script {
            input: input(&["abc"]),
            room: 3,
            lie: Some(lie),
            ..Script::default()
        };
        let (written, _) = on_console(lies, |mut console| console.write_all(b"abc"));
        assert_eq!(written.map_err(Error::from), Err(Error::Protocol), "{lie}");
    }
    for lie in [0, 4, u32::MAX] {
        let lies = Script {
            input: input(&["abc"]),
            lie: Some(lie),
            ..Script::default()
        };
        let (read, _) = on_console(lies, |mut console| console.read(&mut [0; 3]));
        assert_eq!(read.map_err(Error::from), Err(Error::Protocol), "{lie}");
    }
}

/// What a future gives that is ready when it is polled first.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a stream waits in its call"),
    }
}

/// Code that knows `embedded-io-async` alone: what it reads it writes, up to the end of a line.
async fn echo<S: embedded_io_async::Read + embedded_io_async::Write>(
    stream: &mut S,
) -> Result<(), S::Error> {
    let mut byte = [0];
    while byte != *b"\n" && stream.read(&mut byte).await? == 1 {
        stream.write_all(&byte).await?;
    }
    stream.flush().await
}

#[test]
fn what_awaits_a_stream_runs_on_it() {
    let script = || Script {
        input: input(&["a", "b\nc"]),
        room: 1,
        ..Script::default()
    };
    let (told, script) = {
        let (told, console) = on_console(script(), |mut console| at_once(echo(&mut console)));
        assert_eq!(told, Ok(()));
        assert_eq!(console.output, b"ab\n");
        on_stream(script(), |mut stream| at_once(echo(&mut stream)))
    };
    assert_eq!(told, Ok(()));
    assert_eq!(script.output, b"ab\n");
    let (told, _) = on_stream(Script::default(), |mut stream| at_once(echo(&mut stream)));
    assert_eq!(told.map_err(Error::from), Err(Error::TimedOut));
}

/// A published client of MQTT. Packets: OASIS, *MQTT Version 5.0*, section 3.
#[test]
fn rust_mqtt_publishes_and_is_told_what_others_publish() {
    // An acknowledgement of the connection (3.2), and a message from the broker (3.3).
    let broker = [
        b"\x20\x03\x00\x00\x00".to_vec(),
        b"\x30\x07\x00\x02in\x00hi".to_vec(),
    ];
    let script = Script {
        input: broker.into_iter().map(Ok).collect(),
        room: 64,
        ..Script::default()
    };
    let (told, script) = on_stream(script, |stream| {
        let mut buffer = AllocBuffer;
        let mut client = Client::<'_, '_, _, _, 1, 1, 1, 1, 1, 0, 0>::new(&mut buffer);
        at_once(async {
            let options = ConnectOptions::new().clean_start();
            let name = MqttString::from_str("board").ok();
            client.connect(stream, &options, name).await.ok()?;
            let topic = TopicName::new(MqttString::from_str("out").ok()?)?;
            let options = PublicationOptions::new(TopicReference::Name(topic));
            let text = Bytes::from(&b"21"[..]);
            client.publish(&options, text).await.ok()?;
            match client.poll().await.ok()? {
                Event::Publish(publish) => Some(publish.message.to_vec()),
                _ => None,
            }
        })
    });
    assert_eq!(told.as_deref(), Some(&b"hi"[..]));
    // The connection (3.1), and the message (3.3).
    assert_eq!(script.output[0], 0x10);
    assert_eq!(script.output[2..8], *b"\x00\x04MQTT");
    assert!(
        script
            .output
            .ends_with(b"\x00\x05board\x30\x08\x00\x03out\x0021")
    );
}
