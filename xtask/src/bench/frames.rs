//! What a frame costs: the app `traffic` runs step by step, QEMU logs each instruction while frames come and go, and
//! the instructions are counted by program.
//!
//! Frames come from here, in one burst while the machine stands still: so all of them are there when its driver is
//! woken. They are datagrams of UDP to a port where nobody is; the stack answers each by itself, that it is
//! unreachable. So each is a frame in and one out, and no client is in it.
//!
//! Sources: QEMU documentation, *QEMU Monitor* (`log`, `logfile`); RFC 792 (ICMP).

use super::parts::{Code, address, single_steps};
use super::steps::{Counts, count, split};
use crate::build::Bootable;
use crate::hub;
use crate::machine::Line;
use crate::monitor::{Monitor, Socket};
use crate::qemu::Clock;
use crate::test::network::server::Server;
use crate::test::shell::Shell;
use anyhow::{Context, Result};
use smoltcp::phy::{Checksum, ChecksumCapabilities};
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol,
    EthernetRepr, IpProtocol, Ipv4Address, Ipv4Packet, Ipv4Repr, UdpPacket, UdpRepr,
};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Frames at once.
const BURSTS: [usize; 3] = [1, 8, 32];
/// Bursts of each size. That with the fewest instructions counts: in others a clock's alarm came, or a frame was late.
const ROUNDS: usize = 8;
/// Bytes of a datagram.
const DATA: usize = 56;
/// Bytes that are sent over a connection, and received over another.
const STREAM: usize = 64 << 10;
/// What is waited for by this machine's clock. An answer comes in any case; the rest of the work follows it.
const PATIENCE: Duration = Duration::from_secs(120);
const REST: Duration = Duration::from_millis(200);

/// The board's addresses in the emulator's network, and those of the other end.
const BOARD: Ipv4Address = Ipv4Address::new(10, 0, 2, 15);
const PEER: Ipv4Address = Ipv4Address::new(10, 0, 2, 77);
const BOARD_AT: EthernetAddress = EthernetAddress([0x52, 0x54, 0, 0x12, 0x34, 0x56]);
const PEER_AT: EthernetAddress = EthernetAddress([2, 0, 0, 0, 0, 77]);

/// The programs of the app that are shown apart.
const DRIVER: &str = "network";
const STACK: &str = "net";
const CLIENT: &str = "shell";
const KERNEL: &str = "kernel";
const SHOWN: [&str; 4] = [DRIVER, KERNEL, STACK, CLIENT];

/// The machine, its monitor, and the other end of its wire.
struct Bench<'a> {
    code: &'a Code,
    monitor: Monitor,
    tap: UdpSocket,
    emulator: u16,
    log: PathBuf,
}

/// Runs the app and prints what its frames cost.
///
/// # Errors
/// When it cannot be run, or does not answer.
pub(super) fn print(bootable: &Bootable) -> Result<()> {
    let code = Code::read(bootable)?;
    let release = bootable.machine.emulator("release")?.release.clone();
    let tap = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).context("no port")?;
    tap.set_read_timeout(Some(PATIENCE))?;
    // The emulator takes this port when it starts.
    let emulator = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port();
    let command = bootable.command(Clock::Real, Line::Pipes)?;
    // The controller, the emulator's network and a socket of this program are on one hub.
    let networks = [
        hub::socket("tap", [tap.local_addr()?.port(), emulator]),
        hub::port(hub::USER),
        hub::port("tap"),
        hub::own_port(),
    ];
    let mut command = hub::joined(&command, &networks)?;
    single_steps(&mut command, &release);
    let socket = Socket::new("frames");
    socket.attach(&mut command);
    let mut shell = Shell::run(&command, bootable.symbols.clone())?;
    shell.until_prompt()?;
    shell.until("net", |said| said.concat().contains("address 10.0.2.15/24"))?;
    let log = std::env::temp_dir().join(format!("leasehold-{}-steps", std::process::id()));
    let mut bench = Bench {
        code: &code,
        monitor: socket.connect()?,
        tap,
        emulator,
        log,
    };
    println!("executed instructions, QEMU {release}");
    let outcome = bench.frames().and_then(|()| bench.streams(&mut shell));
    // It is there if something was logged.
    let _ = std::fs::remove_file(&bench.log);
    outcome?;
    shell.power_off()
}

impl Bench<'_> {
    /// Logs each instruction of what this does.
    fn logged(&mut self, work: impl FnOnce(&mut Self) -> Result<()>) -> Result<Counts> {
        let log = self.log.to_str().context("the log's name")?.to_owned();
        // The emulator appends to a log that is there.
        if self.log.exists() {
            std::fs::remove_file(&self.log)?;
        }
        self.monitor.say(&format!("logfile {log}"))?;
        self.monitor.say("log exec,nochain")?;
        let outcome = work(self);
        self.monitor.say("log none")?;
        outcome?;
        counts(self.code, &self.log)
    }

    /// Sends a frame to the hub.
    fn send(&self, frame: &[u8]) -> Result<()> {
        self.tap
            .send_to(frame, (Ipv4Addr::LOCALHOST, self.emulator))
            .context("the emulator takes no frame")
            .map(drop)
    }

    /// Awaits so many frames that look so.
    fn receive(&self, mut count: usize, is_it: impl Fn(&[u8]) -> bool) -> Result<()> {
        let mut frame = [0; 2048];
        while count > 0 {
            let length = self.tap.recv(&mut frame).context("no answer")?;
            count -= usize::from(is_it(&frame[..length]));
        }
        Ok(())
    }

    /// Counts for each size of a burst.
    fn frames(&mut self) -> Result<()> {
        self.monitor.set_link("user", false)?;
        println!(
            "frames in, and out   driver   kernel    stack   others   driver and kernel, a frame"
        );
        for burst in BURSTS {
            let mut best: Option<Counts> = None;
            for _ in 0..ROUNDS {
                self.send(&arp())?;
                self.receive(1, |frame| {
                    frame.get(12..14) == Some(&[8, 6]) && frame[21] == 2
                })?;
                std::thread::sleep(REST);
                self.monitor.pause()?;
                for number in 0..burst {
                    self.send(&datagram(number as u16))?;
                }
                // Until the emulator has them all.
                std::thread::sleep(REST);
                let counts = self.logged(|bench| {
                    bench.monitor.go_on()?;
                    // ICMP, and its type.
                    let is_answer = |frame: &[u8]| frame.get(34) == Some(&3) && frame[23] == 1;
                    bench.receive(burst, is_answer)?;
                    std::thread::sleep(REST);
                    Ok(())
                })?;
                best = [best, Some(counts)]
                    .into_iter()
                    .flatten()
                    .min_by_key(|counts| counts.values().sum::<usize>());
            }
            let ([driver, kernel, stack, client], others) =
                split(&best.context("no round")?, SHOWN);
            println!(
                "{burst:>19} {driver:>8} {kernel:>8} {stack:>8} {:>8} {:>10}",
                client + others,
                (driver + kernel) / (2 * burst)
            );
        }
        self.monitor.set_link("user", true)
    }

    /// Counts for connections of the shell's.
    fn streams(&mut self, shell: &mut Shell) -> Result<()> {
        let server = Server::start()?;
        let port = server.port();
        println!(
            "{STREAM} bytes          driver   kernel    stack   client   others   without client, a byte"
        );
        for (what, line) in [
            ("received", format!("fetch http://10.0.2.2:{port}/{STREAM}")),
            ("sent", format!("post http://10.0.2.2:{port}/page {STREAM}")),
        ] {
            let counts = self.logged(|_| shell.good(&[&line]).map(drop))?;
            let ([driver, kernel, stack, client], others) = split(&counts, SHOWN);
            let without = driver + kernel + stack + others;
            println!(
                "{what:>19} {driver:>8} {kernel:>8} {stack:>8} {client:>8} {others:>8} {:>8.1}",
                without as f64 / STREAM as f64
            );
        }
        Ok(())
    }
}

/// Counts a log's instructions.
fn counts(code: &Code, log: &Path) -> Result<Counts> {
    let mut log = BufReader::new(File::open(log).context("the log of instructions")?);
    let (mut counts, mut line) = (Counts::new(), Vec::new());
    while log.read_until(b'\n', &mut line)? > 0 {
        if let Some(at) = std::str::from_utf8(&line).ok().and_then(address) {
            count(&mut counts, code.program(at));
        }
        line.clear();
    }
    Ok(counts)
}

/// A frame to these with a payload, which the function writes.
fn frame(
    to: EthernetAddress,
    ethertype: EthernetProtocol,
    length: usize,
    write: impl FnOnce(&mut [u8]),
) -> Vec<u8> {
    let head = EthernetRepr {
        src_addr: PEER_AT,
        dst_addr: to,
        ethertype,
    };
    let mut bytes = vec![0; head.buffer_len() + length];
    let mut frame = EthernetFrame::new_unchecked(&mut bytes[..]);
    head.emit(&mut frame);
    write(frame.payload_mut());
    bytes
}

/// Who has the board's address? So the board knows who asks.
fn arp() -> Vec<u8> {
    let request = ArpRepr::EthernetIpv4 {
        operation: ArpOperation::Request,
        source_hardware_addr: PEER_AT,
        source_protocol_addr: PEER,
        target_hardware_addr: EthernetAddress([0; 6]),
        target_protocol_addr: BOARD,
    };
    let all = EthernetAddress::BROADCAST;
    frame(
        all,
        EthernetProtocol::Arp,
        request.buffer_len(),
        |payload| {
            request.emit(&mut ArpPacket::new_unchecked(payload));
        },
    )
}

/// A datagram to a port where nobody is (RFC 863: to be discarded).
fn datagram(number: u16) -> Vec<u8> {
    let mut sums = ChecksumCapabilities::default();
    // The datagram itself has none.
    sums.udp = Checksum::None;
    let datagram = UdpRepr {
        src_port: 0x4000 + number,
        dst_port: 9,
    };
    let packet = Ipv4Repr {
        src_addr: PEER,
        dst_addr: BOARD,
        next_header: IpProtocol::Udp,
        payload_len: datagram.header_len() + DATA,
        hop_limit: 64,
    };
    let length = packet.buffer_len() + packet.payload_len;
    frame(BOARD_AT, EthernetProtocol::Ipv4, length, |payload| {
        let mut into = Ipv4Packet::new_unchecked(payload);
        packet.emit(&mut into, &sums);
        datagram.emit(
            &mut UdpPacket::new_unchecked(into.payload_mut()),
            &PEER.into(),
            &BOARD.into(),
            DATA,
            |data| data.fill(b'x'),
            &sums,
        );
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_well_formed() {
        let frame = datagram(0x102);
        assert_eq!(frame.len(), 14 + 20 + 8 + DATA);
        assert!(Ipv4Packet::new_unchecked(&frame[14..34]).verify_checksum());
        assert_eq!(frame[38..40], (8 + DATA as u16).to_be_bytes());
        assert_eq!(frame[40..42], [0, 0], "no sum");
        assert_eq!(arp().len(), 42);
    }
}
