//! A wire that loses frames: the emulated controller and the emulator's own network are at its two ends, and each frame
//! passes through here.

use crate::hub;
use anyhow::{Context, Result};
use std::net::{Ipv4Addr, UdpSocket};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

/// Bytes of the longest frame, and some more.
const FRAME: usize = 4096;

/// What passed, and how much of it is to be lost.
#[derive(Debug, Default)]
struct Counts {
    /// In 100 frames.
    loss: AtomicU32,
    passed: AtomicU32,
    lost: AtomicU32,
}

/// The wire. Its threads end with this program.
pub(super) struct Wire {
    counts: Arc<Counts>,
    /// At each end, our port and the emulator's: of the controller, and of the emulator's network.
    ends: [[u16; 2]; 2],
}

/// The next of a sequence of random numbers. Source: G. Marsaglia, *Xorshift RNGs*, 2003, section 3.
const fn random(mut state: u32) -> u32 {
    state ^= state << 13;
    state ^= state >> 17;
    state ^ state << 5
}

impl Wire {
    /// A wire that loses nothing yet. The seed says which frames it will lose.
    ///
    /// # Errors
    /// When no port is free.
    pub(super) fn new(seed: u32) -> Result<Self> {
        let counts = Arc::new(Counts::default());
        let socket =
            || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).context("no port on the loopback device");
        let ours = [socket()?, socket()?];
        // The emulator takes these when it starts.
        let theirs = [socket()?, socket()?];
        let port = |socket: &UdpSocket| socket.local_addr().map(|address| address.port());
        let ends = [
            [port(&ours[0])?, port(&theirs[0])?],
            [port(&ours[1])?, port(&theirs[1])?],
        ];
        for (from, to) in [(0, 1), (1, 0)] {
            let (receive, send) = (ours[from].try_clone()?, ours[to].try_clone()?);
            let (counts, port) = (counts.clone(), ends[to][1]);
            let mut state = random(seed.wrapping_add(from as u32) | 1);
            thread::spawn(move || {
                let mut frame = [0; FRAME];
                while let Ok(length) = receive.recv(&mut frame) {
                    state = random(state);
                    if state % 100 < counts.loss.load(Ordering::Relaxed) {
                        counts.lost.fetch_add(1, Ordering::Relaxed);
                        continue;
                    }
                    counts.passed.fetch_add(1, Ordering::Relaxed);
                    // An emulator that has ended takes nothing.
                    let _ = send.send_to(&frame[..length], (Ipv4Addr::LOCALHOST, port));
                }
            });
        }
        Ok(Self { counts, ends })
    }

    /// From now on loses so many frames of 100, in each direction.
    pub(super) fn lose(&self, percent: u32) {
        self.counts.loss.store(percent, Ordering::Relaxed);
    }

    /// Frames that passed, and those that were lost.
    pub(super) fn counts(&self) -> (u32, u32) {
        let read = |count: &AtomicU32| count.load(Ordering::Relaxed);
        (read(&self.counts.passed), read(&self.counts.lost))
    }

    /// The same machine with this wire between its controller and its network.
    ///
    /// # Errors
    /// When it has no network.
    pub(super) fn attach(&self, command: &Command) -> Result<Command> {
        let networks = [
            hub::socket(hub::OWN, self.ends[0]),
            hub::socket("far", self.ends[1]),
            hub::port("far"),
            hub::port(hub::USER),
        ];
        hub::joined(command, &networks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_wire_loses_what_it_is_told_to() {
        let wire = Wire::new(7).unwrap();
        // The emulator's ends.
        let [controller, network] = wire.ends.map(|[ours, theirs]| {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, theirs)).unwrap();
            socket.connect((Ipv4Addr::LOCALHOST, ours)).unwrap();
            socket
                .set_read_timeout(Some(Duration::from_secs(60)))
                .unwrap();
            socket
        });
        let mut frame = [0; 8];
        for (from, to) in [(&controller, &network), (&network, &controller)] {
            from.send(b"frame").unwrap();
            assert_eq!(to.recv(&mut frame).unwrap(), 5);
        }
        assert_eq!(wire.counts(), (2, 0));
        wire.lose(100);
        controller.send(b"lost").unwrap();
        while wire.counts().1 == 0 {
            thread::yield_now();
        }
        wire.lose(30);
        for _ in 0..1000 {
            let (passed, lost) = wire.counts();
            controller.send(b"frame").unwrap();
            while wire.counts() == (passed, lost) {
                thread::yield_now();
            }
        }
        let (passed, lost) = wire.counts();
        assert_eq!(passed + lost, 1003);
        assert!((200..400).contains(&lost), "{lost} of 1000");
    }

    #[test]
    fn a_machine_without_a_network_has_no_wire() {
        let wire = Wire::new(1).unwrap();
        assert!(wire.attach(&Command::new("true")).is_err());
        let mut command = Command::new("true");
        command.args(["-netdev", "user,id=net,hostfwd=tcp:127.0.0.1:1-:80"]);
        let command = wire.attach(&command).unwrap();
        let words: Vec<_> = command
            .get_args()
            .map(|word| word.to_string_lossy())
            .collect();
        assert_eq!(words[1], "user,id=user,hostfwd=tcp:127.0.0.1:1-:80");
        assert_eq!(words.len(), 10);
    }
}
