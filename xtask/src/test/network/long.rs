//! The long form, for `soak`: mebibytes in each direction, without kills and with about one a second, at random moments
//! and in two ways; the same to and from a program that nobody here wrote, curl; the stack killed; and a wire that
//! loses frames.
//!
//! What is judged are bytes, hashes, connections and errors. Times are the machine's own, which passes as this machine
//! lets it, so they are printed and not judged.

use super::curl::{Curl, Download, Upload};
use super::server::{self, Server};
use super::wire::Wire;
use super::{STACK, Seen, Transfer, no_echo, page};
use crate::build::Bootable;
use crate::machine::Line;
use crate::qemu::Clock;
use crate::test::hostile::{asked, nothing_ended};
use crate::test::shell::Shell;
use crate::test::slot::Slot;
use crate::tools;
use anyhow::{Context, Result, bail, ensure};
use leasehold_build::Workspace;
use std::process::Command;
use std::time::{Duration, Instant};

/// Most milliseconds between two kills, so one comes each second.
const MOST: u32 = 2000;
/// More kills than there is time for.
const KILLS: u32 = u32::MAX;
/// How often the stack is killed beneath the page.
const STACK_KILLS: u32 = 3;
/// The app, and the task that is killed.
pub(crate) const APP: &str = "soak";
const DRIVER: &str = "virtio-net";
/// The controller.
const CONTROLLER: &str = "virtio-net-pci";
/// Frames that a bad wire loses, of 100, and KiB that pass over it in each direction.
const LOSS: u32 = 30;
const OVER_BAD_WIRE: usize = 8;
/// How long of its own time a machine may take for a transfer.
const LIMIT: Duration = Duration::from_secs(1800);
/// How often a transfer over a bad wire may end with an error before it is whole. A client is told after 30 s without
/// a byte, which some transfers have.
const TRIES: usize = 10;

/// Runs the app and judges what passes.
///
/// # Errors
/// What did not arrive, or was not told.
pub(crate) fn soak(
    workspace: &Workspace,
    bootable: &mut Bootable,
    mebibytes: usize,
    seed: u32,
) -> Result<()> {
    println!("seed {seed}");
    bootable.open_page(0)?;
    let page = bootable.page.context("the app has no page")?;
    let bytes = mebibytes << 20;
    let mut seen = Seen::start(&bootable.command(Clock::Real, Line::Pipes)?, bootable)?;
    for sends in [false, true] {
        let quiet = seen.whole(bytes, sends)?;
        let (killed, kills) = seen.killing(seed, |seen| seen.whole(bytes, sends))?;
        ensure!(
            kills.crashes + kills.stops > 0 || killed.milliseconds <= u64::from(MOST),
            "no kill in {killed}"
        );
        let way = way(sends);
        println!("{bytes} bytes {way}: {quiet}; while its driver is killed: {killed}, {kills}");
        println!("  throughput with kills: {} %", killed.share(&quiet));
    }
    let document = workspace.root().join("app/demo/web/src/page.html");
    match tools::find("curl") {
        None => println!("no curl on this machine: what it moves was left out"),
        Some(curl) => {
            let document = std::fs::read(&document).context("the page's document")?;
            seen.with_curl(seed, || Download::start(&curl, page, &document, bytes))?;
            let file = bootable.built.folder.join("upload");
            let body = server::page(bytes);
            std::fs::write(&file, &body)?;
            let answer = format!("{bytes} bytes, hash {}\n", server::hash(&body));
            seen.with_curl(seed, || Upload::start(&curl, page, &file, &answer))?;
            std::fs::remove_file(&file)?;
        }
    }
    seen.stack_is_killed(bytes, page)?;
    seen.shell.power_off()?;
    pulled(bootable)?;
    bad_wire(bootable, seed)
}

/// Where a transfer goes.
const fn way(sends: bool) -> &'static str {
    match sends {
        true => "from the board",
        false => "to the board",
    }
}

impl Transfer {
    /// Throughput in hundredths of another's.
    fn share(&self, other: &Self) -> u64 {
        other.milliseconds * 100 / self.milliseconds.max(1)
    }
}

impl std::fmt::Display for Transfer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (milliseconds, stall) = (self.milliseconds, self.stall);
        write!(formatter, "{milliseconds} ms, longest stall {stall} ms")
    }
}

impl Seen {
    /// Boots the app by this command.
    fn start(command: &Command, bootable: &Bootable) -> Result<Self> {
        let mut shell = Shell::run(command, bootable.symbols.clone())?;
        shell.limit = LIMIT;
        shell.until_prompt()?;
        Ok(Self {
            shell,
            server: Server::start()?,
            // Nothing here is asked of the emulator.
            monitor: None,
        })
    }

    /// Does this while the driver is killed at random moments, in both ways.
    fn killing<T>(
        &mut self,
        seed: u32,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<(T, Kills)> {
        self.good(&format!("call killer.begin {DRIVER} {seed} {KILLS} {MOST}"))?;
        let done = work(self)?;
        let said = self.good("call killer.done")?;
        self.good(&format!("call killer.begin {DRIVER} {seed} 0 {MOST}"))?;
        let kills = said.iter().find_map(|line| Kills::read(line));
        let kills = kills.with_context(|| format!("the killer says {said:?}"))?;
        Ok((done, kills))
    }

    /// Lets curl move something, undisturbed and while the driver is killed, and prints what came of it.
    fn with_curl<C: Curl>(&mut self, seed: u32, start: impl Fn() -> Result<C>) -> Result<()> {
        let quiet = start()?.whole()?;
        // Its connection begins first: one that begins while the driver is away waits for seconds, by QEMU.
        let running = start()?;
        let (killed, kills) = self.killing(seed, |_| running.whole())?;
        println!("  while its driver is killed: {kills}");
        println!(
            "  throughput with kills: {:.0} %",
            100.0 * quiet.as_secs_f64() / killed.as_secs_f64()
        );
        Ok(())
    }

    /// Moves so many bytes over one connection.
    fn whole(&mut self, bytes: usize, sends: bool) -> Result<Transfer> {
        let port = self.server.port();
        let line = match sends {
            true => format!("post http://10.0.2.2:{port}/page {bytes}"),
            false => format!("fetch http://10.0.2.2:{port}/{bytes}"),
        };
        let said = self.good(&line)?;
        let said = said.iter().find(|line| line.starts_with("status "));
        let said = said.context("the shell says nothing of the transfer")?;
        let transfer = Transfer::read(said).with_context(|| format!("it says: {said}"))?;
        let wanted = match sends {
            true => self.server.last().context("nothing came here")?,
            false => (bytes, server::hash(&server::page(bytes))),
        };
        ensure!(
            (transfer.bytes, &transfer.hash) == (wanted.0, &wanted.1),
            "{wanted:?} became {said}"
        );
        Ok(transfer)
    }

    /// Kills the stack under a transfer, under curl, and under the page alone.
    fn stack_is_killed(&mut self, bytes: usize, page: u16) -> Result<()> {
        let port = self.server.port();
        for line in [
            format!("fetch http://10.0.2.2:{port}/{bytes} {STACK} 1024k"),
            format!("post http://10.0.2.2:{port}/page {bytes} {STACK} 1024k"),
        ] {
            let (said, succeeded) = self.line(&line)?;
            ensure!(!succeeded, "it went on: {said:?}");
            let told = said
                .iter()
                .find(|line| line.contains(" after the last kill"));
            let told = told.with_context(|| format!("it says {said:?}"))?;
            println!("{STACK} killed under a transfer: {told}");
            page::is_there(page)?;
        }
        let mut longest = (0.0_f64, Duration::ZERO);
        for _ in 0..STACK_KILLS {
            let begun = Instant::now();
            let (said, served) = std::thread::scope(|scope| {
                let served = scope.spawn(|| page::is_soon_there(page).map(|()| begun.elapsed()));
                let said = self.shell.good(&[&format!("crash {STACK}"), "sleep 2000"]);
                (said, served.join())
            });
            let (said, Ok(served)) = (said?, served) else {
                bail!("who asks for the page panicked");
            };
            let served = served?;
            let at = |what: &str| {
                let line = said.iter().find(|line| line.contains(what));
                line.and_then(|line| stamp(line))
                    .with_context(|| format!("no `{what}` in {said:?}"))
            };
            let away = at("net: address ")? - at("net: panic")?;
            longest = (longest.0.max(away), longest.1.max(served));
        }
        println!(
            "{STACK} killed {STACK_KILLS} times: it has its address again after at most {:.0} ms of the board's time, and the page is served after at most {} ms of this machine's",
            longest.0 * 1000.0,
            longest.1.as_millis()
        );
        Ok(())
    }
}

/// The seconds at which a line was logged: `[    0.160] net: …`.
fn stamp(line: &str) -> Option<f64> {
    let (_, rest) = line.split_once('[')?;
    rest.split_once(']')?.0.trim().parse().ok()
}

/// How often the driver was killed: by a crash that it was asked for, and by a stop wherever it was.
struct Kills {
    crashes: u32,
    stops: u32,
}

impl Kills {
    /// From what the shell shows of them: `[3, 4]`.
    fn read(text: &str) -> Option<Self> {
        let text = text.strip_prefix('[')?.strip_suffix(']')?;
        let (crashes, stops) = text.split_once(", ")?;
        let (crashes, stops) = (crashes.parse().ok()?, stops.parse().ok()?);
        Some(Self { crashes, stops })
    }
}

impl std::fmt::Display for Kills {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { crashes, stops } = self;
        write!(formatter, "{crashes} crashes and {stops} stops")
    }
}

/// Boots the app with its controller in a slot, and takes it out. `net` uses its driver no more, clients are told, and
/// no task but the driver ends.
fn pulled(bootable: &Bootable) -> Result<()> {
    let command = bootable.command(Clock::Real, Line::Pipes)?;
    let (slot, command) = Slot::with(&command, CONTROLLER)?;
    let mut seen = Seen::start(&command, bootable)?;
    seen.echo()?;
    slot.pull()?;
    let begun = Instant::now();
    no_echo(&mut seen.shell)?;
    let has = |words: &'static str| move |said: &[String]| said.concat().contains(words);
    seen.shell
        .until("log", has("net: the driver is dropped: "))?;
    println!(
        "a controller that is taken out: its driver is dropped after {} ms of this machine's time",
        begun.elapsed().as_millis()
    );
    seen.shell.until("net", has(", no link, "))?;
    // Its next life has no device.
    seen.good(&format!("crash {DRIVER}"))?;
    seen.shell.until("log", has("virtio-net: probe failed: "))?;
    nothing_ended(&seen.good("log")?, &[asked(DRIVER)])?;
    seen.shell.power_off()
}

/// Boots the app with a wire that loses frames, and judges that each transfer is whole or its client told; and that
/// all is well when the wire is.
fn bad_wire(bootable: &Bootable, seed: u32) -> Result<()> {
    let wire = Wire::new(seed)?;
    let command = wire.attach(&bootable.command(Clock::Real, Line::Pipes)?)?;
    let mut seen = Seen::start(&command, bootable)?;
    wire.lose(LOSS);
    let bytes = OVER_BAD_WIRE << 10;
    for sends in [false, true] {
        let mut told = Vec::new();
        let transfer = loop {
            match seen.whole(bytes, sends) {
                Ok(transfer) => break transfer,
                Err(error) => told.push(format!("{error:#}")),
            }
            ensure!(told.len() < TRIES, "{told:?}");
        };
        let way = way(sends);
        println!(
            "{bytes} bytes {way} with {LOSS} % of the frames lost: {transfer}; broken off before: {}",
            told.len()
        );
    }
    let (passed, lost) = wire.counts();
    println!("  {passed} frames passed, {lost} were lost");
    ensure!(lost > 0, "nothing was lost");
    wire.lose(0);
    seen.whole(bytes, false)?;
    seen.shell.power_off()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_line_of_the_log_is_read() {
        assert_eq!(stamp("[    0.160] net: panic: x"), Some(0.160));
        assert_eq!(stamp("leasehold> "), None);
    }
}
