//! Connections that are asked for while no socket takes them: their first segments are kept until one does.
//!
//! `smoltcp` answers such a segment with a reset. But a client that listens may only be busy: all its sockets are
//! connections at that moment, or it is about to replace one.

use class_network::MOST_FRAME;
use heapless::Vec;
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    EthernetFrame, EthernetProtocol, IpAddress, IpEndpoint, IpProtocol, Ipv4Packet, Ipv4Repr,
    TcpPacket, TcpRepr,
};
use userlib::time;

/// How long a segment is kept, in milliseconds. Whoever still wants the connection sends it again: for the first time
/// after a second, and later at growing distances. Source: RFC 6298, section 2 and rule 5.5.
const KEEP_TIME: u64 = 5_000;

/// Most bytes of a frame that is kept: the headers of Ethernet, IPv4 and TCP, with all options that they can have.
const LONGEST: usize = 14 + 60 + 60;

/// A connection that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) from: IpEndpoint,
    pub(crate) to: IpEndpoint,
}

/// The frame in which it was asked for.
#[derive(Debug)]
struct Kept {
    asked: Asked,
    frame: [u8; LONGEST],
    length: usize,
    /// Until when it is kept, in ticks.
    until: u64,
}

/// At most so many of them, the oldest first.
#[derive(Debug)]
pub(crate) struct Backlog<const MOST: usize>(Vec<Kept, MOST>);

impl<const MOST: usize> Backlog<MOST> {
    /// Empty.
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Drops what was kept for long enough. No reset is sent: the other side may ask again.
    pub(crate) fn expire(&mut self, now: u64) {
        self.0.retain(|kept| now < kept.until);
    }

    /// Keeps a frame that has to wait. Whether it is no frame for the stack: it is kept, or there is no room for it,
    /// which is as good as lost on the wire.
    pub(crate) fn keep(&mut self, frame: &[u8], now: u64, waits: impl Fn(&Asked) -> bool) -> bool {
        let Some((asked, frame)) = asked(frame).filter(|(asked, _)| waits(asked)) else {
            return false;
        };
        let mut kept = Kept {
            asked,
            frame: [0; LONGEST],
            length: frame.len(),
            until: now.saturating_add(time::ticks(KEEP_TIME)),
        };
        let Some(room) = kept.frame.get_mut(..frame.len()) else {
            return true;
        };
        room.copy_from_slice(frame);
        match self.0.iter_mut().find(|other| other.asked == asked) {
            // Sent again, or a new connection in place of one that was given up: the newest counts.
            Some(other) => *other = kept,
            None => drop(self.0.push(kept)),
        }
        true
    }

    /// Takes out the oldest frame that does not have to wait any more; gives its length.
    pub(crate) fn next(
        &mut self,
        into: &mut [u8; MOST_FRAME],
        waits: impl Fn(&Asked) -> bool,
    ) -> Option<usize> {
        let at = self.0.iter().position(|kept| !waits(&kept.asked))?;
        let kept = self.0.remove(at);
        into.get_mut(..kept.length)?
            .copy_from_slice(kept.frame.get(..kept.length)?);
        Some(kept.length)
    }

    /// How many are kept.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

/// The connection that a frame asks for, and the frame without padding. None: it is anything else than the whole first
/// segment of a connection.
fn asked(frame: &[u8]) -> Option<(Asked, &[u8])> {
    let ethernet = EthernetFrame::new_checked(frame).ok()?;
    if ethernet.ethertype() != EthernetProtocol::Ipv4 {
        return None;
    }
    let packet = Ipv4Packet::new_checked(ethernet.payload()).ok()?;
    if packet.next_header() != IpProtocol::Tcp {
        return None;
    }
    let segment = TcpPacket::new_checked(packet.payload()).ok()?;
    // Check sums are computed for these alone: of all others they are the stack's matter.
    if !segment.syn() || segment.ack() {
        return None;
    }
    let sums = ChecksumCapabilities::default();
    let internet = Ipv4Repr::parse(&packet, &sums).ok()?;
    let [from, to] = [internet.src_addr, internet.dst_addr].map(IpAddress::Ipv4);
    // This refuses one that ends the connection as well, or resets it.
    let parsed = TcpRepr::parse(&segment, &from, &to, &sums).ok()?;
    let asked = Asked {
        from: IpEndpoint::new(from, parsed.src_port),
        to: IpEndpoint::new(to, parsed.dst_port),
    };
    let length = EthernetFrame::<&[u8]>::header_len() + usize::from(packet.total_len());
    Some((asked, frame.get(..length)?))
}
