//! The long form, for `soak`: mebibytes in each direction, without kills and with one a second; the same to a program
//! that nobody here wrote, curl; the stack killed; and a wire that loses frames.
//!
//! What is judged are bytes, hashes, connections and errors. Times are the machine's own, which passes as this machine
//! lets it, so they are printed and not judged.

use super::server::{self, Server};
use super::wire::Wire;
use super::{STACK, Seen, Transfer, no_echo, nothing_ended, page};
use crate::build::Bootable;
use crate::machine::Line;
use crate::qemu::Clock;
use crate::test::shell::Shell;
use crate::test::slot::Slot;
use crate::tools;
use anyhow::{Context, Result, bail, ensure};
use leasehold_build::Workspace;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Milliseconds between two kills.
const EVERY: u32 = 1000;
/// How often the stack is killed beneath the page.
const STACK_KILLS: u32 = 3;
/// The app, and the task that is killed.
pub(crate) const APP: &str = "demo";
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

/// Runs the demo and judges what passes.
///
/// # Errors
/// What did not arrive, or was not told.
pub(crate) fn soak(
    workspace: &Workspace,
    bootable: &mut Bootable,
    mebibytes: usize,
    seed: u32,
) -> Result<()> {
    bootable.open_page(0)?;
    let page = bootable.page.context("the demo has no page")?;
    let bytes = mebibytes << 20;
    let mut seen = Seen::start(&bootable.command(Clock::Real, Line::Pipes)?, bootable)?;
    for sends in [false, true] {
        let quiet = seen.whole(bytes, sends, None)?;
        let killed = seen.whole(bytes, sends, Some(DRIVER))?;
        let way = way(sends);
        println!("{bytes} bytes {way}: {quiet}; with kills {killed}");
        println!("  throughput with kills: {} %", killed.share(&quiet));
    }
    let document = workspace.root().join("app/demo/web/src/page.html");
    match tools::find("curl") {
        None => println!("no curl on this machine: what it downloads was left out"),
        Some(curl) => {
            let document = std::fs::read(&document).context("the page's document")?;
            let mut times = Vec::new();
            for kills in [false, true] {
                let download = Download::start(&curl, page, &document, bytes)?;
                times.push(seen.meanwhile(download, kills)?);
            }
            println!(
                "  throughput with kills: {:.0} %",
                100.0 * times[0].as_secs_f64() / times[1].as_secs_f64()
            );
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
        let Self {
            milliseconds,
            stall,
            kills,
            ..
        } = self;
        write!(
            formatter,
            "{milliseconds} ms, longest stall {stall} ms, {kills} kills"
        )
    }
}

impl Seen {
    /// Boots the demo by this command.
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

    /// Moves so many bytes over one connection; the task is killed again and again meanwhile.
    fn whole(&mut self, bytes: usize, sends: bool, killed: Option<&str>) -> Result<Transfer> {
        let port = self.server.port();
        let kills = killed.map_or(String::new(), |task| format!(" {task} {EVERY}"));
        let line = match sends {
            true => format!("post http://10.0.2.2:{port}/page {bytes}{kills}"),
            false => format!("fetch http://10.0.2.2:{port}/{bytes}{kills}"),
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
        ensure!(
            killed.is_none() || transfer.kills > 0 || transfer.milliseconds < u64::from(EVERY),
            "no kill in {said}"
        );
        Ok(transfer)
    }

    /// Lets curl download, and kills the network's driver once a second of the board's time meanwhile. Gives how long
    /// it took by this machine's clock.
    fn meanwhile(&mut self, mut download: Download, kills: bool) -> Result<Duration> {
        let mut count = 0;
        // Its connection is there first: while one begins, the emulator's network waits for seconds.
        while download.curl.try_wait()?.is_none() {
            if kills {
                self.good(&format!("sleep {EVERY}"))?;
                // One that is away already is not killed.
                count += u32::from(self.line(&format!("crash {DRIVER}"))?.1);
            } else {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        let begun = download.begun;
        let came = download.end()?;
        ensure!(came.failed.is_none(), "curl: {:?}", came.failed);
        ensure!(came.connections == 1, "{} connections", came.connections);
        ensure!(
            came.is_whole,
            "curl got {} bytes, not the page's",
            came.bytes
        );
        let took = begun.elapsed();
        println!(
            "curl: {} bytes of {} pages on one connection, each as it is in the sources: {} ms, {count} kills",
            came.bytes,
            came.pages,
            took.as_millis()
        );
        Ok(took)
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

/// Boots the demo with its controller in a slot, and takes it out. `net` uses its driver no more, clients are told, and
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
    nothing_ended(&seen.good("log")?, DRIVER)?;
    seen.shell.power_off()
}

/// Boots the demo with a wire that loses frames, and judges that each transfer is whole or its client told; and that
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
            match seen.whole(bytes, sends, None) {
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
    seen.whole(bytes, false, None)?;
    seen.shell.power_off()
}

/// What came of a download.
struct Came {
    bytes: usize,
    pages: usize,
    connections: u32,
    /// Whether each page was as it is in the sources.
    is_whole: bool,
    /// What curl said at its end, if it failed.
    failed: Option<String>,
}

/// A running curl, which gets the same page again and again over one connection.
struct Download {
    curl: Child,
    begun: Instant,
    pages: usize,
    body: JoinHandle<(usize, bool)>,
    said: JoinHandle<String>,
}

impl Download {
    /// Pages of together at least so many bytes.
    fn start(curl: &Path, port: u16, document: &[u8], bytes: usize) -> Result<Self> {
        let pages = bytes.div_ceil(document.len());
        let mut command = Command::new(curl);
        command
            .args([
                "--disable",
                "--silent",
                "--show-error",
                "--fail",
                "--no-buffer",
            ])
            // Nothing for a minute is no stall any more.
            .args(["--speed-limit", "1", "--speed-time", "60"])
            .args(["--write-out", "%{stderr}connections %{num_connects}\\n"])
            .args(["--config", "-"]);
        let mut curl = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run curl")?;
        let url = format!("url = \"http://127.0.0.1:{port}/\"\n").repeat(pages);
        let mut input = curl.stdin.take().context("the pipe asked for")?;
        let mut output = curl.stdout.take().context("the pipe asked for")?;
        let mut errors = curl.stderr.take().context("the pipe asked for")?;
        let document = document.to_vec();
        let body = std::thread::spawn(move || {
            let (mut buffer, mut count, mut is_whole) = ([0; 4096], 0, true);
            while let Ok(length @ 1..) = output.read(&mut buffer) {
                let wanted = document.iter().cycle().skip(count % document.len());
                is_whole &= buffer[..length].iter().eq(wanted.take(length));
                count += length;
            }
            (count, is_whole && count == pages * document.len())
        });
        let said = std::thread::spawn(move || {
            let mut said = String::new();
            // What is no text is not what curl says.
            let _ = errors.read_to_string(&mut said);
            said
        });
        input.write_all(url.as_bytes())?;
        Ok(Self {
            curl,
            begun: Instant::now(),
            pages,
            body,
            said,
        })
    }

    /// Waits for its end.
    fn end(mut self) -> Result<Came> {
        let status = self.curl.wait()?;
        let (Ok((bytes, is_whole)), Ok(said)) = (self.body.join(), self.said.join()) else {
            bail!("a reader of curl's output panicked");
        };
        let connections = said
            .lines()
            .filter_map(|line| line.strip_prefix("connections "))
            .filter_map(|count| count.parse::<u32>().ok())
            .sum();
        Ok(Came {
            bytes,
            pages: self.pages,
            connections,
            is_whole,
            failed: (!status.success()).then_some(said),
        })
    }
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
