//! The calls of clients that wait for something.

use crate::memory::STREAMS;
use crate::stack::{ECHO, Stack, endpoint, seen};
use driver_interfaces::{Datagram, Endpoint};
use heapless::Vec;
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::socket::{icmp, tcp, udp};
use smoltcp::wire::{Icmpv4Packet, Icmpv4Repr, IpAddress, Ipv4Address};
use userlib::ipc::{Deferred, Kept, ReadLoan, WriteLoan};
use userlib::sys::{self, TaskHandle};
use userlib::{Error, time};

/// Most clients: a task waits in one call at a time.
const MOST: usize = 16;

/// What an echo request carries.
const PAYLOAD: [u8; 32] = [0x4c; 32];

/// What a client waits for.
pub(crate) enum Wanted {
    Echo {
        to: [u8; 4],
        number: u16,
        /// When it was sent, in ticks.
        sent: Option<u64>,
        reply: Deferred<u32>,
    },
    Open {
        index: usize,
        to: Endpoint,
        /// Whether it was begun: that needs an address.
        begun: bool,
        reply: Deferred<u32>,
    },
    Accept {
        index: usize,
        reply: Deferred<Endpoint>,
    },
    Send {
        index: usize,
        data: ReadLoan,
        reply: Deferred<u32>,
    },
    Receive {
        index: usize,
        into: WriteLoan,
        reply: Deferred<u32>,
    },
    SendTo {
        index: usize,
        to: Endpoint,
        data: ReadLoan,
        reply: Deferred<u32>,
    },
    ReceiveFrom {
        index: usize,
        into: WriteLoan,
        reply: Deferred<Datagram>,
    },
    /// Any of the client's streams.
    Ready { reply: Deferred<u32> },
}

/// A call, and until when it may wait.
struct Call {
    wanted: Wanted,
    deadline: u64,
    /// What it comes to then.
    late: Error,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Calls {
    waiting: Vec<Call, MOST>,
    echoes: u16,
}

/// How far a call is.
enum Progress<T> {
    Waits,
    Done(Result<T, Error>),
}
use Progress::{Done, Waits};

impl Wanted {
    fn client(&self) -> TaskHandle {
        match self {
            Self::Open { reply, .. }
            | Self::Echo { reply, .. }
            | Self::Send { reply, .. }
            | Self::Receive { reply, .. }
            | Self::SendTo { reply, .. }
            | Self::Ready { reply } => reply.client(),
            Self::Accept { reply, .. } => reply.client(),
            Self::ReceiveFrom { reply, .. } => reply.client(),
        }
    }

    /// Answers with an error.
    fn fail(self, stack: &mut Stack, error: Error) {
        match self {
            Self::Open { index, reply, .. } => {
                stack.prepare(index);
                stack.close(index);
                reply.reply(Err(error));
            }
            Self::Echo { reply, .. }
            | Self::Send { reply, .. }
            | Self::Receive { reply, .. }
            | Self::SendTo { reply, .. }
            | Self::Ready { reply } => reply.reply(Err(error)),
            Self::Accept { reply, .. } => reply.reply(Err(error)),
            Self::ReceiveFrom { reply, .. } => reply.reply(Err(error)),
        }
    }

    /// Goes on with it: itself if it waits still.
    fn advance(mut self, stack: &mut Stack) -> Option<Self> {
        match &mut self {
            Self::Echo {
                to, number, sent, ..
            } => {
                if sent.is_none() && echo(stack, *to, *number).is_some() {
                    *sent = Some(sys::time());
                }
                return Some(self);
            }
            Self::Open {
                index, to, begun, ..
            } => match open(stack, *index, *to, begun) {
                Waits => return Some(self),
                Done(Err(error)) => self.fail(stack, error),
                Done(Ok(number)) => self.number(number),
            },
            Self::Accept { index, .. } => match accept(stack, *index) {
                Waits => return Some(self),
                Done(result) => {
                    if let Self::Accept { reply, .. } = self {
                        reply.reply(result);
                    }
                }
            },
            Self::Send { index, data, .. } => match send(stack, *index, data) {
                Waits => return Some(self),
                Done(Ok(count)) => self.number(count),
                Done(Err(error)) => self.fail(stack, error),
            },
            Self::Receive { index, into, .. } => match receive(stack, *index, into) {
                Waits => return Some(self),
                Done(Ok(count)) => self.number(count),
                Done(Err(error)) => self.fail(stack, error),
            },
            Self::SendTo {
                index, to, data, ..
            } => match send_to(stack, *index, *to, data) {
                Waits => return Some(self),
                Done(Ok(count)) => self.number(count),
                Done(Err(error)) => self.fail(stack, error),
            },
            Self::Ready { reply } => match ready(stack, reply.client()) {
                0 => return Some(self),
                count => self.number(count),
            },
            Self::ReceiveFrom { index, into, .. } => match receive_from(stack, *index, into) {
                Waits => return Some(self),
                Done(result) => {
                    if let Self::ReceiveFrom { reply, .. } = self {
                        reply.reply(result);
                    }
                }
            },
        }
        None
    }

    /// Answers with a number.
    fn number(self, number: u32) {
        match self {
            Self::Open { reply, .. }
            | Self::Echo { reply, .. }
            | Self::Send { reply, .. }
            | Self::Receive { reply, .. }
            | Self::SendTo { reply, .. }
            | Self::Ready { reply } => reply.reply(Ok(number)),
            // Neither is answered by one.
            Self::Accept { .. } | Self::ReceiveFrom { .. } => {}
        }
    }
}

impl Calls {
    /// A call begins. With 0 milliseconds it does not wait.
    pub(crate) fn begin(&mut self, stack: &mut Stack, wanted: Wanted, milliseconds: u32) {
        let late = match &wanted {
            Wanted::Open { .. } | Wanted::Echo { .. } if !stack.has_address() => Error::NoDevice,
            _ if milliseconds == 0 => Error::Busy,
            _ => Error::TimedOut,
        };
        // A former life of the client waits for nothing any more.
        let index = wanted.client().index();
        while let Some(at) = self
            .waiting
            .iter()
            .position(|call| call.wanted.client().index() == index)
        {
            self.waiting.swap_remove(at).wanted.fail(stack, Error::Dead);
        }
        let Some(wanted) = wanted.advance(stack) else {
            return;
        };
        if milliseconds == 0 {
            return wanted.fail(stack, late);
        }
        let call = Call {
            wanted,
            deadline: time::after(milliseconds.into()),
            late,
        };
        if let Err(call) = self.waiting.push(call) {
            call.wanted.fail(stack, Error::Exhausted);
        }
    }

    /// Another number for an echo request.
    pub(crate) fn echo(&mut self) -> u16 {
        self.echoes = self.echoes.wrapping_add(1);
        self.echoes
    }

    /// Goes on with all of them. Whether any came to its end.
    pub(crate) fn advance(&mut self, stack: &mut Stack) -> bool {
        self.answer_echoes(stack);
        let before = self.waiting.len();
        let now = sys::time();
        // From the last: a removed one is replaced by one that had its turn.
        for at in (0..before).rev() {
            let Call {
                wanted,
                deadline,
                late,
            } = self.waiting.swap_remove(at);
            match wanted.advance(stack) {
                None => {}
                Some(wanted) if deadline <= now => wanted.fail(stack, late),
                Some(wanted) => {
                    let call = Call {
                        wanted,
                        deadline,
                        late,
                    };
                    // There is room: one was taken out just now.
                    let _ = self.waiting.push(call);
                }
            }
        }
        self.waiting.len() != before
    }

    /// When the first may not wait any more, in ticks.
    pub(crate) fn deadline(&self) -> Option<u64> {
        self.waiting.iter().map(|call| call.deadline).min()
    }

    /// Shows the replies to come.
    pub(crate) fn show(&self, kept: &mut Kept<'_>) {
        for call in &self.waiting {
            match &call.wanted {
                Wanted::Open { reply, .. }
                | Wanted::Echo { reply, .. }
                | Wanted::Send { reply, .. }
                | Wanted::Receive { reply, .. }
                | Wanted::SendTo { reply, .. }
                | Wanted::Ready { reply } => kept.show(reply),
                Wanted::Accept { reply, .. } => kept.show(reply),
                Wanted::ReceiveFrom { reply, .. } => kept.show(reply),
            }
        }
    }

    /// Ends the calls about a socket that is closed.
    pub(crate) fn closed(&mut self, stack: &mut Stack, closed: usize) {
        let is_about = |call: &Call| match &call.wanted {
            Wanted::Echo { .. } | Wanted::Ready { .. } => false,
            Wanted::Open { index, .. }
            | Wanted::Accept { index, .. }
            | Wanted::Send { index, .. }
            | Wanted::Receive { index, .. }
            | Wanted::SendTo { index, .. }
            | Wanted::ReceiveFrom { index, .. } => *index == closed,
        };
        while let Some(at) = self.waiting.iter().position(is_about) {
            let wanted = self.waiting.swap_remove(at).wanted;
            wanted.fail(stack, Error::NotFound);
        }
    }

    /// Takes the echoes that came.
    fn answer_echoes(&mut self, stack: &mut Stack) {
        let socket = stack.sockets.get_mut::<icmp::Socket<'_>>(stack.echo);
        while let Ok((bytes, IpAddress::Ipv4(from))) = socket.recv() {
            let Ok(packet) = Icmpv4Packet::new_checked(bytes) else {
                continue;
            };
            let Ok(Icmpv4Repr::EchoReply {
                ident: ECHO,
                seq_no,
                ..
            }) = Icmpv4Repr::parse(&packet, &ChecksumCapabilities::default())
            else {
                continue;
            };
            let is_it = |call: &Call| {
                matches!(&call.wanted, Wanted::Echo { to, number, sent: Some(_), .. }
                    if Ipv4Address::from(*to) == from && *number == seq_no)
            };
            if let Some(at) = self.waiting.iter().position(is_it)
                && let Wanted::Echo {
                    sent: Some(sent),
                    reply,
                    ..
                } = self.waiting.swap_remove(at).wanted
            {
                let ticks = sys::time().saturating_sub(sent);
                reply.reply(Ok(microseconds(ticks)));
            }
        }
    }
}

/// So many ticks in microseconds.
fn microseconds(ticks: u64) -> u32 {
    let second = time::ticks(1000).max(1);
    u32::try_from(ticks.saturating_mul(1_000_000) / second).unwrap_or(u32::MAX)
}

/// Sends an echo request; none when it cannot be sent yet.
fn echo(stack: &mut Stack, to: [u8; 4], number: u16) -> Option<()> {
    if !stack.has_address() || stack.status.is_bound == 0 {
        return None;
    }
    let request = Icmpv4Repr::EchoRequest {
        ident: ECHO,
        seq_no: number,
        data: &PAYLOAD,
    };
    let socket = stack.sockets.get_mut::<icmp::Socket<'_>>(stack.echo);
    let to = IpAddress::Ipv4(Ipv4Address::from(to));
    let bytes = socket.send(request.buffer_len(), to).ok()?;
    request.emit(
        &mut Icmpv4Packet::new_unchecked(bytes),
        &ChecksumCapabilities::default(),
    );
    Some(())
}

fn open(stack: &mut Stack, index: usize, to: Endpoint, begun: &mut bool) -> Progress<u32> {
    if !*begun {
        if !stack.has_address() {
            return Waits;
        }
        if stack.connect(index, to).is_none() {
            return Done(Err(Error::Invalid));
        }
        *begun = true;
    }
    let number = stack.table.number(index);
    match stack.stream(index).map(|stream| stream.state()) {
        Some(tcp::State::SynSent | tcp::State::SynReceived) => Waits,
        None | Some(tcp::State::Closed) => Done(Err(Error::NotFound)),
        Some(_) => Done(Ok(number)),
    }
}

fn accept(stack: &mut Stack, index: usize) -> Progress<Endpoint> {
    let Some(stream) = stack.stream(index) else {
        return Done(Err(Error::NotFound));
    };
    match stream.state() {
        tcp::State::Listen | tcp::State::SynReceived => Waits,
        tcp::State::Closed => Done(Err(Error::Revoked)),
        _ => Done(stream.remote_endpoint().map(seen).ok_or(Error::Revoked)),
    }
}

/// How many streams of a client have something to receive, or have come to their end.
pub(crate) fn ready(stack: &mut Stack, client: TaskHandle) -> u32 {
    let mut count = 0;
    for index in 0..STREAMS {
        if stack.table.owner(index) == Some(client)
            && let Some(stream) = stack.stream(index)
        {
            let before = matches!(
                stream.state(),
                tcp::State::Listen | tcp::State::SynSent | tcp::State::SynReceived
            );
            count += u32::from(!before && (stream.can_recv() || !stream.may_recv()));
        }
    }
    count
}

fn send(stack: &mut Stack, index: usize, data: &ReadLoan) -> Progress<u32> {
    let Some(stream) = stack.stream(index) else {
        return Done(Err(Error::NotFound));
    };
    if data.len() == 0 {
        return Done(Err(Error::Invalid));
    }
    if stream.can_send() {
        // The kernel copies from the client's memory into the stream's.
        let sent = stream.send(|room| match data.read(0, room) {
            Ok(count) => (count, Ok(count as u32)),
            Err(error) => (0, Err(error)),
        });
        return Done(sent.unwrap_or(Err(Error::Revoked)));
    }
    match stream.state() {
        tcp::State::SynSent | tcp::State::SynReceived => Waits,
        tcp::State::Listen => Done(Err(Error::Invalid)),
        _ if stream.may_send() => Waits,
        _ => Done(Err(Error::Revoked)),
    }
}

fn receive(stack: &mut Stack, index: usize, into: &WriteLoan) -> Progress<u32> {
    let Some(stream) = stack.stream(index) else {
        return Done(Err(Error::NotFound));
    };
    if into.len() == 0 {
        return Done(Err(Error::Invalid));
    }
    match stream.state() {
        tcp::State::SynSent | tcp::State::SynReceived => return Waits,
        tcp::State::Listen => return Done(Err(Error::Invalid)),
        _ => {}
    }
    if !stream.can_recv() && stream.may_recv() {
        return Waits;
    }
    let received = stream.recv(|bytes| match into.write(0, bytes) {
        Ok(count) => (count, Ok(count as u32)),
        Err(error) => (0, Err(error)),
    });
    Done(match received {
        Ok(result) => result,
        Err(tcp::RecvError::Finished) => Ok(0),
        Err(tcp::RecvError::InvalidState) => Err(Error::Revoked),
    })
}

fn send_to(stack: &mut Stack, index: usize, to: Endpoint, data: &ReadLoan) -> Progress<u32> {
    let Some(socket) = stack.datagrams(index) else {
        return Done(Err(Error::NotFound));
    };
    if data.len() > socket.payload_send_capacity() {
        return Done(Err(Error::Exhausted));
    }
    match socket.send(data.len(), endpoint(to)) {
        Ok(room) => {
            // If the client has just gone, what is sent is zeros: it asked for a datagram.
            let read = data.read(0, room);
            Done(read.map(|count| count as u32))
        }
        Err(udp::SendError::BufferFull) => Waits,
        Err(udp::SendError::Unaddressable) => Done(Err(Error::Invalid)),
    }
}

fn receive_from(stack: &mut Stack, index: usize, into: &WriteLoan) -> Progress<Datagram> {
    let Some(socket) = stack.datagrams(index) else {
        return Done(Err(Error::NotFound));
    };
    match socket.recv() {
        Err(_) => Waits,
        Ok((bytes, about)) => Done(into.write(0, bytes).map(|count| Datagram {
            from: seen(about.endpoint),
            length: count as u32,
        })),
    }
}
