//! One connection: what came of a request so far.

use crate::answer::{Room, Way};
use crate::request::{MOST_HEAD, Parsed, parse};
use crate::status::Status;
use crate::system::System;
use crate::upload::Upload;
use driver_interfaces::SocketsClient;
use leasehold_abi::Error;

/// How long a request may take to come, from when the connection was seen, or from its first byte, in milliseconds.
const REQUEST_TIME: u64 = 5_000;
/// How long a connection may say nothing between two requests.
const IDLE_TIME: u64 = 30_000;
/// How often it receives before others have their turn.
const AT_ONCE: usize = 16;
/// What a client waits for before it sends a body (RFC 9110, section 15.2.1).
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A socket that listens, or is a connection.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: u32,
    /// How its client came; none while it listens.
    way: Option<Way>,
    /// Since when it waits for what it waits for.
    since: u64,
    /// Whether a request was answered.
    answered: bool,
    /// The body that is coming.
    upload: Option<Upload>,
}

/// The bytes of a request, as they come.
#[derive(Debug)]
pub(crate) struct Bytes {
    bytes: [u8; MOST_HEAD],
    length: usize,
}

/// What is to be done with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It waits.
    Stay,
    /// It is to be closed.
    Close,
}

impl Bytes {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; MOST_HEAD],
            length: 0,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.length = 0;
    }

    /// The first so many are done with.
    fn consume(&mut self, count: usize) {
        self.bytes.copy_within(count..self.length, 0);
        self.length -= count;
    }
}

impl Connection {
    /// A socket that listens.
    pub(crate) const fn new(socket: u32) -> Self {
        Self {
            socket,
            way: None,
            since: 0,
            answered: false,
            upload: None,
        }
    }

    pub(crate) const fn socket(&self) -> u32 {
        self.socket
    }

    pub(crate) const fn listens(&self) -> bool {
        self.way.is_none()
    }

    /// Since when nothing has come, if it is a connection that waits between requests.
    pub(crate) const fn since(&self) -> u64 {
        self.since
    }

    /// Receives what there is, and answers.
    ///
    /// # Errors
    /// `Dead`: the stack is gone.
    pub(crate) fn turn(
        &mut self,
        net: &mut SocketsClient,
        bytes: &mut Bytes,
        room: &mut Room,
        system: &mut impl System,
    ) -> Result<Turn, Error> {
        let now = system.milliseconds();
        if self.listens() {
            let from = match net.accept(self.socket, 0) {
                Ok(from) => from,
                Err(Error::Busy) => return Ok(Turn::Stay),
                Err(Error::Dead) => return Err(Error::Dead),
                Err(_) => return Ok(Turn::Close),
            };
            // The emulator's forwarded port comes from its router; no machine of the network has that address.
            let router = net.status()?.router;
            self.way = Some(match from.address == router {
                true => Way::Loopback,
                false => Way::Other,
            });
            self.since = now;
        }
        for _ in 0..AT_ONCE {
            match net.receive(self.socket, 0, &mut bytes.bytes[bytes.length..]) {
                // The end; or the number cannot be, and the end as well.
                Ok(0) => return Ok(Turn::Close),
                Ok(count) => {
                    if bytes.length == 0 {
                        self.since = now;
                    }
                    bytes.length = (bytes.length + count as usize).min(MOST_HEAD);
                }
                Err(Error::Busy) => break,
                Err(Error::Dead) => return Err(Error::Dead),
                Err(_) => return Ok(Turn::Close),
            }
            if self.requests(net, bytes, room, system)? == Turn::Close {
                return Ok(Turn::Close);
            }
        }
        let waits = now.saturating_sub(self.since);
        let is_body = self.upload.is_some();
        if self.answered && bytes.length == 0 && !is_body {
            return Ok(if waits > IDLE_TIME {
                Turn::Close
            } else {
                Turn::Stay
            });
        }
        // A body may stand still as long as a stream sends again what was lost.
        if waits <= if is_body { IDLE_TIME } else { REQUEST_TIME } {
            return Ok(Turn::Stay);
        }
        send(net, self.socket, room.refuse(Status::Timeout))?;
        Ok(Turn::Close)
    }

    /// Answers all requests that are whole.
    fn requests(
        &mut self,
        net: &mut SocketsClient,
        bytes: &mut Bytes,
        room: &mut Room,
        system: &mut impl System,
    ) -> Result<Turn, Error> {
        let way = self.way.unwrap_or(Way::Other);
        loop {
            let came = &bytes.bytes[..bytes.length];
            let (answer, stays, length) = if let Some(upload) = &mut self.upload {
                let length = upload.take(came);
                if !upload.is_whole() {
                    bytes.consume(length);
                    return Ok(Turn::Stay);
                }
                (room.took(upload), upload.stays(), length)
            } else {
                match parse(came) {
                    Parsed::Part => return Ok(Turn::Stay),
                    Parsed::Bad(status) => (room.refuse(status), false, bytes.length),
                    Parsed::Whole(request, length) if request.is_upload() => {
                        self.upload = Some(Upload::new(request.length, request.stays));
                        let waits = request.expects && length == bytes.length;
                        bytes.consume(length);
                        if waits && !send(net, self.socket, CONTINUE)? {
                            return Ok(Turn::Close);
                        }
                        continue;
                    }
                    Parsed::Whole(request, length) => {
                        let stays = request.stays && request.length == 0;
                        (room.answer(&request, way, system), stays, length)
                    }
                }
            };
            let sent = send(net, self.socket, answer)?;
            bytes.consume(length);
            self.upload = None;
            self.answered = true;
            self.since = system.milliseconds();
            if !sent || !stays {
                return Ok(Turn::Close);
            }
            if bytes.length == 0 {
                return Ok(Turn::Stay);
            }
        }
    }
}

/// Sends an answer. It has room in an empty stream, so whoever has not taken the last one is not waited for: false.
fn send(net: &mut SocketsClient, socket: u32, mut answer: &[u8]) -> Result<bool, Error> {
    while !answer.is_empty() {
        match net.send(socket, 0, answer) {
            Ok(count) => answer = answer.get(count as usize..).unwrap_or_default(),
            Err(Error::Dead) => return Err(Error::Dead),
            Err(_) => return Ok(false),
        }
    }
    Ok(true)
}
