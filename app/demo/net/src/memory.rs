//! The memory of the stack: all buffers of all sockets, fixed when it is compiled.

use crate::backlog::Backlog;
use class_network::MOST_FRAME;
use smoltcp::iface::SocketStorage;
use smoltcp::socket::{icmp, udp};

/// Streams, of all clients together.
pub(crate) const STREAMS: usize = 8;
/// Sockets for datagrams.
pub(crate) const DATAGRAMS: usize = 2;
/// The sockets of the stack itself: DHCP and echo.
const OWN: usize = 2;

/// Bytes that a stream keeps of what it sends.
const STREAM: usize = 16 * 1024;
/// Bytes that it keeps of what comes. As much is under way to it at most, so a controller with little memory needs a
/// smaller one.
const WINDOW: usize = userlib::setting!("window": u32 = 16 * 1024) as usize;
/// Bytes, and datagrams, that a socket for them keeps in each direction.
const DATAGRAM: usize = 4 * 1024;
const PACKETS: usize = 8;
/// The same for echoes.
const ECHO: usize = 256;
const ECHOES: usize = 4;
/// Connections that are kept while no socket takes them, of all ports together. Each is one short frame.
pub(crate) const BACKLOG: usize = 4;

/// What is zero at first.
pub struct Buffers {
    pub(crate) received: [[u8; WINDOW]; STREAMS],
    pub(crate) sent: [[u8; STREAM]; STREAMS],
    pub(crate) datagrams: [[[u8; DATAGRAM]; 2]; DATAGRAMS],
    pub(crate) echo: [[u8; ECHO]; 2],
    /// A frame that came, and one that is sent.
    pub(crate) frames: [[u8; MOST_FRAME]; 2],
    /// What is kept until a socket listens.
    pub(crate) backlog: Backlog<BACKLOG>,
}

/// What is not.
pub struct Places {
    pub(crate) sockets: [SocketStorage<'static>; STREAMS + DATAGRAMS + OWN],
    pub(crate) datagrams: [[[udp::PacketMetadata; PACKETS]; 2]; DATAGRAMS],
    pub(crate) echo: [[icmp::PacketMetadata; ECHOES]; 2],
}

impl Buffers {
    /// Empty.
    pub const fn new() -> Self {
        Self {
            received: [[0; WINDOW]; STREAMS],
            sent: [[0; STREAM]; STREAMS],
            datagrams: [[[0; DATAGRAM]; 2]; DATAGRAMS],
            echo: [[0; ECHO]; 2],
            frames: [[0; MOST_FRAME]; 2],
            backlog: Backlog::new(),
        }
    }
}

impl Places {
    /// Empty.
    pub const fn new() -> Self {
        Self {
            sockets: [SocketStorage::EMPTY; STREAMS + DATAGRAMS + OWN],
            datagrams: [[[udp::PacketMetadata::EMPTY; PACKETS]; 2]; DATAGRAMS],
            echo: [[icmp::PacketMetadata::EMPTY; ECHOES]; 2],
        }
    }
}

impl Default for Buffers {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for Places {
    fn default() -> Self {
        Self::new()
    }
}
