//! What clients ask: the interface `Sockets`.

use crate::calls::{Calls, Wanted};
use crate::memory::{DATAGRAMS, STREAMS};
use crate::stack::Stack;
use crate::table::Kind;
use driver_interfaces::{Datagram, Endpoint, NetworkStatus, SocketsServer, StreamState};
use userlib::ipc::{Deferred, ReadLoan, WriteLoan};
use userlib::sys::TaskHandle;
use userlib::{Error, sys, time};
use zerocopy::{Immutable, IntoBytes};

/// How long the port of a client that closed its last socket there counts as one at which it listens, in milliseconds:
/// it may only be about to replace the socket.
const ANEW_TIME: u64 = 1_000;

/// Answers for one client.
pub(crate) struct Answers<'a> {
    stack: &'a mut Stack,
    calls: &'a mut Calls,
    client: TaskHandle,
}

impl<'a> Answers<'a> {
    /// For this client.
    pub(crate) const fn new(
        stack: &'a mut Stack,
        calls: &'a mut Calls,
        client: TaskHandle,
    ) -> Self {
        Self {
            stack,
            calls,
            client,
        }
    }

    fn find(&self, kind: Kind, socket: u32) -> Result<usize, Error> {
        self.stack.table.find(kind, self.client, socket)
    }

    /// A new socket.
    fn take(&mut self, kind: Kind) -> Result<usize, Error> {
        let free: [bool; STREAMS + DATAGRAMS] =
            core::array::from_fn(|index| self.stack.is_free(index));
        let is_free = |index: usize| free.get(index).is_some_and(|free| *free);
        let table = &mut self.stack.table;
        let index = match table.take(kind, self.client, is_free) {
            Err(Error::Exhausted) => {
                // One whose client is gone, and whose other side has all, but does not end: its time is over.
                let over: [bool; STREAMS] =
                    core::array::from_fn(|index| self.stack.has_sent(index));
                let is_over = |index: usize| over.get(index).is_some_and(|over| *over);
                self.stack.table.take(kind, self.client, is_over)?
            }
            taken => taken?,
        };
        self.stack.prepare(index);
        Ok(index)
    }

    /// The socket that a call is about, or the reply that there is none.
    fn or_reply<T: IntoBytes + Immutable>(
        &self,
        kind: Kind,
        socket: u32,
        reply: Deferred<T>,
    ) -> Option<(usize, Deferred<T>)> {
        match self.find(kind, socket) {
            Ok(index) => Some((index, reply)),
            Err(error) => {
                reply.reply(Err(error));
                None
            }
        }
    }

    fn begin(&mut self, wanted: Wanted, milliseconds: u32) {
        self.calls.begin(self.stack, wanted, milliseconds);
    }
}

impl SocketsServer for Answers<'_> {
    fn status(&mut self) -> Result<NetworkStatus, Error> {
        let mut status = self.stack.status;
        status.sockets = self.stack.table.count() as u32;
        Ok(status)
    }

    fn ping(&mut self, to: [u8; 4], milliseconds: u32, reply: Deferred<u32>) {
        let wanted = Wanted::Echo {
            to,
            number: self.calls.echo(),
            sent: None,
            reply,
        };
        self.begin(wanted, milliseconds);
    }

    fn open(&mut self, to: Endpoint, milliseconds: u32, reply: Deferred<u32>) {
        match self.take(Kind::Stream) {
            Err(error) => reply.reply(Err(error)),
            Ok(index) => {
                let wanted = Wanted::Open {
                    index,
                    to,
                    begun: false,
                    reply,
                };
                self.begin(wanted, milliseconds);
            }
        }
    }

    fn listen(&mut self, port: u16) -> Result<u32, Error> {
        let client = self.client;
        let index = self.take(Kind::Stream).inspect_err(|_| {
            // All others may still end for longer than that: whoever asks again meanwhile has not given the port up.
            let until = time::after(ANEW_TIME);
            self.stack.table.stay(port, client, sys::time(), until);
        })?;
        let listens = self.stack.table.listen(index, port).and_then(|()| {
            let stream = self.stack.stream(index).ok_or(Error::NotFound)?;
            stream.listen(port).map_err(|_| Error::Invalid)
        });
        if let Err(error) = listens {
            self.stack.close(index);
            return Err(error);
        }
        Ok(self.stack.table.number(index))
    }

    fn accept(&mut self, socket: u32, milliseconds: u32, reply: Deferred<Endpoint>) {
        if let Some((index, reply)) = self.or_reply(Kind::Stream, socket, reply) {
            self.begin(Wanted::Accept { index, reply }, milliseconds);
        }
    }

    fn send(&mut self, socket: u32, milliseconds: u32, data: ReadLoan, reply: Deferred<u32>) {
        if let Some((index, reply)) = self.or_reply(Kind::Stream, socket, reply) {
            self.begin(Wanted::Send { index, data, reply }, milliseconds);
        }
    }

    fn receive(&mut self, socket: u32, milliseconds: u32, into: WriteLoan, reply: Deferred<u32>) {
        if let Some((index, reply)) = self.or_reply(Kind::Stream, socket, reply) {
            self.begin(Wanted::Receive { index, into, reply }, milliseconds);
        }
    }

    fn wait(&mut self, milliseconds: u32, reply: Deferred<u32>) {
        self.begin(Wanted::Ready { reply }, milliseconds);
    }

    fn stir(&mut self, number: u64) -> Result<(), Error> {
        self.stack.stir(number);
        Ok(())
    }

    fn state(&mut self, socket: u32) -> Result<StreamState, Error> {
        let index = self.find(Kind::Stream, socket)?;
        let stream = self.stack.stream(index).ok_or(Error::NotFound)?;
        let room = match stream.may_send() {
            true => stream.send_capacity() - stream.send_queue(),
            false => 0,
        };
        Ok(StreamState {
            received: stream.recv_queue() as u32,
            room: room as u32,
            is_open: u32::from(stream.may_send() || stream.may_recv()),
        })
    }

    fn finish(&mut self, socket: u32) -> Result<(), Error> {
        let index = self.find(Kind::Stream, socket)?;
        self.stack.stream(index).ok_or(Error::NotFound)?.close();
        Ok(())
    }

    fn close(&mut self, socket: u32) -> Result<(), Error> {
        let index =
            (self.find(Kind::Stream, socket)).or_else(|_| self.find(Kind::Datagrams, socket))?;
        self.calls.closed(self.stack, index);
        self.stack.table.leave(index, time::after(ANEW_TIME));
        self.stack.close(index);
        Ok(())
    }

    fn bind(&mut self, port: u16) -> Result<u32, Error> {
        let index = self.take(Kind::Datagrams)?;
        let port = match port {
            0 => self.stack.port(),
            port => port,
        };
        let mut is_taken = false;
        for other in (STREAMS..STREAMS + DATAGRAMS).filter(|other| *other != index) {
            let socket = self.stack.datagrams(other);
            is_taken |= socket.is_some_and(|socket| socket.endpoint().port == port);
        }
        let socket = self.stack.datagrams(index).ok_or(Error::NotFound)?;
        if is_taken || socket.bind(port).is_err() {
            self.stack.close(index);
            return Err(Error::Busy);
        }
        Ok(self.stack.table.number(index))
    }

    fn send_to(&mut self, socket: u32, to: Endpoint, data: ReadLoan, reply: Deferred<u32>) {
        if let Some((index, reply)) = self.or_reply(Kind::Datagrams, socket, reply) {
            let wanted = Wanted::SendTo {
                index,
                to,
                data,
                reply,
            };
            self.begin(wanted, 0);
        }
    }

    fn receive_from(
        &mut self,
        socket: u32,
        milliseconds: u32,
        into: WriteLoan,
        reply: Deferred<Datagram>,
    ) {
        if let Some((index, reply)) = self.or_reply(Kind::Datagrams, socket, reply) {
            self.begin(Wanted::ReceiveFrom { index, into, reply }, milliseconds);
        }
    }
}
