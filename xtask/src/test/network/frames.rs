//! Judges the frames that a board sent, as the emulator wrote them down.

use anyhow::{Context, Result, anyhow, bail, ensure};
use pcap_parser::{PcapBlockOwned, PcapError, create_reader};
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol, Icmpv4Packet, Icmpv4Repr,
    IpAddress, IpProtocol, Ipv4Packet, Ipv4Repr, TcpPacket, TcpRepr, UdpPacket, UdpRepr,
};
use std::fs::File;
use std::path::Path;

/// The board's address: the emulator's first (QEMU, net/net.c, `qemu_macaddr_default_if_unset`).
const BOARD: EthernetAddress = EthernetAddress([0x52, 0x54, 0, 0x12, 0x34, 0x56]);
/// Longest frame, without the check sequence. Source: IEEE 802.3, 3.2.7.
const LONGEST: usize = 1514;
/// Bytes of the file that are read at once: more than its longest record.
const BUFFER: usize = 1 << 17;
/// Fewest frames of a board that has moved what this test moves.
const FEWEST: usize = 1000;

/// Judges each frame of the board's in a file.
///
/// # Errors
/// The first that is malformed, or that there are too few.
pub(super) fn judge(file: &Path) -> Result<()> {
    let open = File::open(file).with_context(|| file.display().to_string())?;
    let mut reader = create_reader(BUFFER, open).map_err(|error| anyhow!("{error}"))?;
    let mut count = 0;
    loop {
        match reader.next() {
            Ok((offset, block)) => {
                if let PcapBlockOwned::Legacy(record) = block
                    && is_own(record.data)
                {
                    count += 1;
                    ensure!(record.caplen == record.origlen, "frame {count} was cut");
                    frame(record.data).with_context(|| {
                        format!("frame {count} of the board: {:02x?}", record.data)
                    })?;
                }
                reader.consume(offset);
            }
            Err(PcapError::Eof) => break,
            Err(PcapError::Incomplete(_)) => {
                reader.refill().map_err(|error| anyhow!("{error}"))?;
            }
            Err(error) => bail!("{}: {error}", file.display()),
        }
    }
    println!("{count} frames of the board, in {}", file.display());
    ensure!(count >= FEWEST, "only {count} frames");
    Ok(())
}

fn is_own(bytes: &[u8]) -> bool {
    EthernetFrame::new_checked(bytes).map_or(true, |frame| frame.src_addr() == BOARD)
}

/// Judges a frame, with all that is in it.
fn frame(bytes: &[u8]) -> Result<()> {
    ensure!(bytes.len() <= LONGEST, "{} bytes", bytes.len());
    let frame = EthernetFrame::new_checked(bytes)?;
    match frame.ethertype() {
        EthernetProtocol::Arp => {
            ArpRepr::parse(&ArpPacket::new_checked(frame.payload())?).map(drop)?
        }
        EthernetProtocol::Ipv4 => packet(&Ipv4Packet::new_checked(frame.payload())?)?,
        other => bail!("of {other}"),
    }
    Ok(())
}

fn packet(packet: &Ipv4Packet<&[u8]>) -> Result<()> {
    let sums = ChecksumCapabilities::default();
    let repr = Ipv4Repr::parse(packet, &sums)?;
    ensure!(packet.verify_checksum(), "the sum of the head is wrong");
    let from = IpAddress::Ipv4(repr.src_addr);
    let to = IpAddress::Ipv4(repr.dst_addr);
    match repr.next_header {
        IpProtocol::Tcp => {
            let segment = TcpPacket::new_checked(packet.payload())?;
            TcpRepr::parse(&segment, &from, &to, &sums).map(drop)?;
            ensure!(segment.verify_checksum(&from, &to), "the sum is wrong");
        }
        IpProtocol::Udp => {
            let datagram = UdpPacket::new_checked(packet.payload())?;
            UdpRepr::parse(&datagram, &from, &to, &sums).map(drop)?;
            ensure!(datagram.verify_checksum(&from, &to), "the sum is wrong");
        }
        IpProtocol::Icmp => {
            let message = Icmpv4Packet::new_checked(packet.payload())?;
            Icmpv4Repr::parse(&message, &sums).map(drop)?;
            ensure!(message.verify_checksum(), "the sum is wrong");
        }
        other => bail!("of {other}"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A request of ARP, as the board sends it.
    const REQUEST: [u8; 42] = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 8, 6, 0, 1, 8, 0, 6,
        4, 0, 1, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2,
    ];

    /// An echo request to 10.0.2.2 with four bytes.
    fn echo() -> Vec<u8> {
        let mut bytes = REQUEST[..12].to_vec();
        bytes.extend([
            8, 0, 0x45, 0, 0, 32, 0, 0, 0x40, 0, 64, 1, 0, 0, 10, 0, 2, 15,
        ]);
        bytes.extend([10, 0, 2, 2, 8, 0, 0, 0, 0, 1, 0, 1, 1, 2, 3, 4]);
        Ipv4Packet::new_unchecked(&mut bytes[14..]).fill_checksum();
        Icmpv4Packet::new_unchecked(&mut bytes[34..]).fill_checksum();
        bytes
    }

    #[test]
    fn a_frame_is_good_until_a_bit_of_it_is_not() {
        assert!(frame(&REQUEST).is_ok() && frame(&echo()).is_ok());
        assert!(frame(&REQUEST[..41]).is_err(), "cut");
        for at in 14..echo().len() {
            let mut bytes = echo();
            bytes[at] ^= 0x10;
            assert!(frame(&bytes).is_err(), "byte {at}");
        }
        let mut bytes = echo();
        bytes[12] = 0x86;
        assert!(frame(&bytes).is_err(), "another protocol");
        bytes.resize(LONGEST + 1, 0);
        assert!(frame(&bytes).is_err(), "too long");
    }
}
