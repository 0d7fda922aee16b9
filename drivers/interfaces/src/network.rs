//! The network stack, as its clients see it: sockets by number, and data in lent buffers.
//!
//! A number is the client's own: another client's number is `NotFound`, and all sockets of a client are closed when it
//! ends. When the stack itself ends, a call to it is `Dead` at once, and its next life knows no socket. When only the
//! driver below it ends, nobody is told: connections go on with its next life.

use leasehold_abi::Error;
use userlib::ipc::{Described, interface};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// An address of IPv4 and a port.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Described,
)]
#[repr(C)]
pub struct Endpoint {
    /// The address, its first byte first.
    pub address: [u8; 4],
    /// The port.
    pub port: u16,
    /// Zero.
    pub reserved: [u8; 2],
}

impl Endpoint {
    /// This address and port.
    pub const fn new(address: [u8; 4], port: u16) -> Self {
        Self {
            address,
            port,
            reserved: [0; 2],
        }
    }
}

/// A datagram that came.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Described,
)]
#[repr(C)]
pub struct Datagram {
    /// Who sent it.
    pub from: Endpoint,
    /// Bytes that were copied. What the buffer had no room for is lost.
    pub length: u32,
}

/// What a stream is ready for.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Described,
)]
#[repr(C)]
pub struct StreamState {
    /// Bytes that can be received now.
    pub received: u32,
    /// Bytes that can be sent now.
    pub room: u32,
    /// 1 while it is a connection, or still has data of one.
    pub is_open: u32,
}

/// The stack.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Described,
)]
#[repr(C)]
pub struct NetworkStatus {
    /// Hardware address; zero before there was a controller.
    pub hardware: [u8; 6],
    /// 1 while the driver is there.
    pub is_bound: u8,
    /// 1 while there is a link.
    pub has_link: u8,
    /// Own address; zero while DHCP has given none.
    pub address: [u8; 4],
    /// The router's; zero without one.
    pub router: [u8; 4],
    /// A name server's; zero without one.
    pub name_server: [u8; 4],
    /// Bits of the own address that are the network's.
    pub prefix: u32,
    /// How often a driver was there.
    pub bindings: u32,
    /// Frames that came and that were sent.
    pub frames: [u32; 2],
    /// Sockets that clients have.
    pub sockets: u32,
    /// Drivers that were dropped because they broke the protocol, or did not answer.
    pub dropped: u32,
}

/// The calls of the stack. `milliseconds` is how long to wait at most: `TimedOut` then. With 0 nothing is waited for,
/// and what would have to wait is `Busy`.
///
/// `NoDevice`: no driver, or no address yet. `NotFound`: no such socket of the caller's, or, for `open`, nobody
/// listens there. `Revoked`: the connection was reset. `Exhausted`: no socket is left, or the caller has its share.
#[interface]
pub trait Sockets {
    /// How the stack is.
    fn status(&mut self) -> Result<NetworkStatus, Error>;
    /// Sends an echo request; gives how long the answer took, in microseconds.
    #[deferred]
    fn ping(&mut self, address: [u8; 4], milliseconds: u32) -> Result<u32, Error>;
    /// A new stream, connected to this endpoint.
    #[deferred]
    fn open(&mut self, to: Endpoint, milliseconds: u32) -> Result<u32, Error>;
    /// A new stream that waits for a connection to this port. `Busy` when another client listens there. Several of one
    /// client may: each takes one connection.
    fn listen(&mut self, port: u16) -> Result<u32, Error>;
    /// Waits until a stream that listens has a connection; gives whose.
    #[deferred]
    fn accept(&mut self, socket: u32, milliseconds: u32) -> Result<Endpoint, Error>;
    /// Sends data on a stream; gives how much of it was taken, which is more than nothing.
    #[deferred]
    fn send(&mut self, socket: u32, milliseconds: u32, data: &[u8]) -> Result<u32, Error>;
    /// Receives data from a stream; gives how much there was, and 0 at its end.
    #[deferred]
    fn receive(&mut self, socket: u32, milliseconds: u32, into: &mut [u8]) -> Result<u32, Error>;
    /// Waits until a stream of the caller's has something to receive, or has come to its end; gives how many do. One
    /// that listens has neither. So one task can serve many connections, with calls that do not wait.
    #[deferred]
    fn wait(&mut self, milliseconds: u32) -> Result<u32, Error>;
    /// What a stream is ready for.
    fn state(&mut self, socket: u32) -> Result<StreamState, Error>;
    /// No more will be sent on a stream. What the other side sends can still be received.
    fn finish(&mut self, socket: u32) -> Result<(), Error>;
    /// Closes a socket. The number is free at once; a stream still sends what it has taken.
    fn close(&mut self, socket: u32) -> Result<(), Error>;
    /// A new socket for datagrams at this port, or at any for 0.
    fn bind(&mut self, port: u16) -> Result<u32, Error>;
    /// Sends a datagram.
    #[deferred]
    fn send_to(&mut self, socket: u32, to: Endpoint, data: &[u8]) -> Result<u32, Error>;
    /// Receives a datagram.
    #[deferred]
    fn receive_from(
        &mut self,
        socket: u32,
        milliseconds: u32,
        into: &mut [u8],
    ) -> Result<Datagram, Error>;
    /// Takes a number that others cannot guess into those at which connections begin.
    fn stir(&mut self, number: u64) -> Result<(), Error>;
}
