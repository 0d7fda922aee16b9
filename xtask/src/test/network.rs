//! The network of an app: transfers by HTTP between the board and this machine, while tasks of the board are killed.
//!
//! The emulator's own network passes what the board sends to 10.0.2.2 on to a server here, on the loopback device.
//! Nothing that is judged depends on how fast this machine is: kills come after so many bytes.

mod curl;
pub(super) mod forger;
mod frames;
pub(crate) mod long;
mod page;
pub(crate) mod server;
mod wire;

use self::server::{BYTES, Server};
use super::part::{OnBoard, Part, Runs};
use super::shell::Shell;
use super::tally::Tally;
use crate::build::Bootable;
use crate::machine::Line;
use crate::monitor::{Monitor, Socket};
use crate::qemu::Clock;
use anyhow::{Context, Result, ensure};
use leasehold_build::Workspace;
use leasehold_build::plan::{Bind, Task};

/// The stack.
pub(crate) const STACK: &str = "net";
/// Drivers that the page can crash without harm to itself. Each board has one of them.
const OTHERS: [&str; 2] = ["edu", "timer"];
/// The emulator's name of the network.
const NETWORK: &str = "net";
/// A kill comes after so many bytes, in KiB, so that the number of kills does not depend on time.
const EVERY: &str = "256k";
/// Frames that a driver can have (`class_network::BUFFERS`).
const BUFFERS: usize = 32;
/// Fewest kills of a transfer.
const KILLS: u32 = 3;

/// The demo, on boards with PCI.
pub(super) const PART: OnBoard = OnBoard {
    part: Part::Network,
    what: "the network",
    app: "demo",
    task: Some(STACK),
    needs: &[],
    runs: Runs::On("virt-rv64"),
    tell,
};

/// The app `page`, on small boards.
pub(super) const SMALL: OnBoard = OnBoard {
    app: "page",
    runs: Runs::Asked,
    ..PART
};

/// Runs the app and judges its transfers.
fn tell(workspace: &Workspace, mut bootable: Bootable) -> Result<Tally> {
    bootable.open_page(0)?;
    let page = bootable.page.context("the app has no page")?;
    let tasks = &bootable.built.plan.tasks;
    let driver = driver(tasks).context("the app has no driver of a network")?;
    let is_there = |name: &&str| tasks.iter().any(|task| task.name == *name);
    let other = OTHERS.into_iter().find(is_there).context("no driver")?;
    let chip = bootable.built.plan.chip.chip.name.get_ref();
    let file = workspace.target().join(format!("network-{chip}.pcap"));
    bootable.frames = Some(file.clone());
    // What is at the other end of the wire goes by the host's clock.
    let socket = Socket::new("network");
    let mut command = bootable.command(Clock::Real, Line::Pipes)?;
    socket.attach(&mut command);
    let mut shell = Shell::run(&command, bootable.symbols.clone())?;
    shell.until_prompt()?;
    let mut seen = Seen {
        shell,
        server: Server::start()?,
        monitor: Some(socket.connect()?),
    };
    let mut tally = Tally::default();
    let mut report = |name: &str, outcome| tally.judge("network", name, outcome);
    report("an_echo_comes_back", seen.echo());
    report("a_cable_that_is_pulled_is_noticed", seen.cable());
    report("nobody_listens", seen.refused());
    report("what_cannot_be_has_an_error_of_its_name", seen.wrong());
    report("a_page_comes_whole", seen.fetch(None));
    report(
        "a_page_comes_whole_while_the_driver_is_killed",
        seen.fetch(Some(&driver)),
    );
    report(
        "what_is_sent_arrives_while_the_driver_is_killed",
        seen.post(Some(&driver)),
    );
    report(
        "requests_to_the_page_get_their_status",
        page::statuses(page, other),
    );
    report(
        "who_says_nothing_keeps_nobody_from_the_page",
        page::silence(page),
    );
    report(
        "the_page_s_connection_goes_on_when_the_driver_dies",
        page::crash(page, &driver),
    );
    report("what_is_uploaded_is_hashed", seen.upload(page, &driver));
    report(
        "when_the_stack_dies_its_clients_are_told",
        seen.stack_dies(),
    );
    report("and_the_page_is_there_again", page::is_there(page));
    seen.shell.power_off()?;
    report(
        "all_frames_of_the_board_are_well_formed",
        frames::judge(&file),
    );
    Ok(tally)
}

/// The task that drives the network: the parent of what the stack binds.
pub(super) fn driver(tasks: &[Task]) -> Option<String> {
    let stack = tasks.iter().find(|task| task.name == STACK)?;
    stack.binds.iter().find_map(|bind| match bind {
        Bind::Auxiliary { name, .. } => Some(name.split_once('.')?.0.to_owned()),
        _ => None,
    })
}

/// Gives a driver that sends nothing as many frames as it takes, and one more: no echo may come back.
fn no_echo(shell: &mut Shell) -> Result<()> {
    // The router's address is known, so each is a frame at once.
    let lines = vec!["call net.ping 0a000202 1"; BUFFERS + 1];
    for answer in shell.lines(&lines)? {
        let (said, succeeded) = answer?;
        ensure!(!succeeded, "an echo came from nowhere: {said:?}");
    }
    Ok(())
}

/// A running app, and the server that it talks to.
struct Seen {
    shell: Shell,
    server: Server,
    monitor: Option<Monitor>,
}

/// What the shell says of a transfer.
struct Transfer {
    bytes: usize,
    hash: String,
    /// How long it took, and the longest time without a byte.
    milliseconds: u64,
    stall: u64,
    kills: u32,
}

impl Seen {
    /// Types a line; what it says, and whether it succeeded.
    fn line(&mut self, line: &str) -> Result<(Vec<String>, bool)> {
        let answers = self.shell.lines(&[line])?;
        answers.into_iter().next().context("no answer")?
    }

    /// Types a line that must succeed.
    fn good(&mut self, line: &str) -> Result<Vec<String>> {
        self.shell.good(&[line])
    }

    /// A page of the server, as the board names it.
    fn url(&self) -> String {
        format!("http://10.0.2.2:{}/page", self.server.port())
    }

    fn echo(&mut self) -> Result<()> {
        self.good("ping 10.0.2.2")?;
        let said = self.good("net")?;
        ensure!(
            said.iter()
                .any(|line| line.contains("address 10.0.2.15/24")),
            "`net` says {said:?}"
        );
        Ok(())
    }

    fn refused(&mut self) -> Result<()> {
        let port = server::free_port()?;
        let (said, succeeded) = self.line(&format!("connect 10.0.2.2:{port} hello"))?;
        ensure!(!succeeded, "somebody listens: {said:?}");
        ensure!(
            said.iter().any(|line| line == "nobody listens there"),
            "it says {said:?}"
        );
        Ok(())
    }

    /// A line that must fail, and says this.
    fn bad(&mut self, line: &str, words: &str) -> Result<()> {
        let (said, succeeded) = self.line(line)?;
        ensure!(
            !succeeded && said.iter().any(|line| line == words),
            "`{line}` says {said:?}"
        );
        Ok(())
    }

    /// A port in use, no socket left, and a task that is none. The page's task listens at port 80.
    fn wrong(&mut self) -> Result<()> {
        self.bad("call net.listen 80", "net.listen: busy")?;
        let mut sockets = Vec::new();
        let last = loop {
            let line = format!("call net.listen {}", 1000 + sockets.len());
            let (said, succeeded) = self.line(&line)?;
            if !succeeded {
                break said;
            }
            sockets.push(said.concat());
            ensure!(sockets.len() < BUFFERS, "sockets without end");
        };
        ensure!(last == ["net.listen: out of room"], "{last:?}");
        self.bad("connect 10.0.2.2:9 hello", "no socket is left")?;
        for socket in &sockets {
            self.good(&format!("call net.close {socket}"))?;
        }
        let line = format!("fetch {} nobody 1000", self.url());
        self.bad(&line, "no task 'nobody'; 'ps' lists them")
    }

    /// Makes a transfer, and judges what the shell says of it but the hash.
    fn transfer(&mut self, line: &str, killed: Option<&str>) -> Result<Transfer> {
        let line = match killed {
            None => line.to_owned(),
            Some(task) => format!("{line} {task} {EVERY}"),
        };
        let said = self.good(&line)?;
        let said = said.iter().find(|line| line.starts_with("status "));
        let said = said.context("the shell says nothing of the transfer")?;
        println!("{said}");
        let transfer = Transfer::read(said).with_context(|| format!("it says: {said}"))?;
        ensure!(
            transfer.bytes == BYTES,
            "{} bytes of {BYTES}",
            transfer.bytes
        );
        if killed.is_some() {
            ensure!(transfer.kills >= KILLS, "only {} kills", transfer.kills);
        }
        Ok(transfer)
    }

    fn fetch(&mut self, killed: Option<&str>) -> Result<()> {
        let line = format!("fetch {}", self.url());
        let transfer = self.transfer(&line, killed)?;
        let wanted = server::hash(&server::page(BYTES));
        ensure!(
            transfer.hash == wanted,
            "hash {} of {wanted}",
            transfer.hash
        );
        Ok(())
    }

    fn post(&mut self, killed: Option<&str>) -> Result<()> {
        let line = format!("post {} {BYTES}", self.url());
        let transfer = self.transfer(&line, killed)?;
        let came = self.server.last().context("nothing came here")?;
        ensure!(came.0 == BYTES, "{} bytes came of {BYTES}", came.0);
        ensure!(
            came.1 == transfer.hash,
            "hash {} of {}",
            came.1,
            transfer.hash
        );
        Ok(())
    }

    /// Gives the page's task a body; the driver is killed in its middle.
    fn upload(&mut self, page: u16, driver: &str) -> Result<()> {
        let body = server::page(BYTES);
        let kill = || self.good(&format!("crash {driver}")).map(drop);
        let answer = page::upload(page, &body, kill)?;
        let wanted = format!("{BYTES} bytes, hash {}\n", server::hash(&body));
        ensure!(answer == wanted, "{answer} is not {wanted}");
        Ok(())
    }

    /// The cable is pulled out, and plugged in again.
    fn cable(&mut self) -> Result<()> {
        for (is_up, words) in [(false, ", no link, "), (true, ", link, ")] {
            self.monitor
                .as_mut()
                .context("no monitor")?
                .set_link(NETWORK, is_up)?;
            // The emulator has told the controller; the driver is told by an interrupt, at once by the board's time.
            self.good("sleep 100")?;
            let said = self.good("net")?;
            ensure!(
                said.iter().any(|line| line.contains(words)),
                "`net` says {said:?} when the link is {is_up}"
            );
        }
        self.good("ping 10.0.2.2").map(drop)
    }

    /// The shell waits for data when the stack dies, and then the stack serves again.
    fn stack_dies(&mut self) -> Result<()> {
        let line = format!("fetch {} {STACK} {EVERY}", self.url());
        let (said, succeeded) = self.line(&line)?;
        ensure!(!succeeded, "it went on: {said:?}");
        // Which of the two depends on whether the stack has started again when the shell asks.
        let words = ["net crashed, and will start again", "net: the task died"];
        ensure!(
            (said.iter()).any(|line| words.iter().any(|words| line.starts_with(words))),
            "it says {said:?}"
        );
        self.good("sleep 1000")?;
        self.fetch(None)
    }
}

impl Transfer {
    /// From `status 200, 5 bytes, hash 0123, 1 ms, longest stall 1 ms, 0 kills`.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(", ");
        let mut part = |before: &str, after: &str| {
            let part = parts.next()?.strip_prefix(before)?;
            part.strip_suffix(after)
        };
        part("status ", "").filter(|status| *status == "200")?;
        let bytes = part("", " bytes")?.parse().ok()?;
        let hash = part("hash ", "")?.to_owned();
        let milliseconds = part("", " ms")?.parse().ok()?;
        let stall = part("longest stall ", " ms")?.parse().ok()?;
        let kills = part("", " kills")?.parse().ok()?;
        Some(Self {
            bytes,
            hash,
            milliseconds,
            stall,
            kills,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_shell_says_of_a_transfer_is_read() {
        let said = "status 200, 5 bytes, hash 0123abcd, 17 ms, longest stall 3 ms, 4 kills";
        let transfer = Transfer::read(said).unwrap();
        assert_eq!((transfer.bytes, transfer.kills), (5, 4));
        assert_eq!(transfer.hash, "0123abcd");
        assert!(Transfer::read(&said.replace("200", "404")).is_none());
        assert!(Transfer::read("status 200, 5 bytes").is_none());
    }
}
