//! `run`: an app in the emulator, on the terminal or by a script.

use crate::allowance::Allowance;
use crate::annotate;
use crate::attach::{self, Raw};
use crate::build::{self, Bootable};
use crate::emulator::Emulators;
use crate::guest::{self, Event, Guest};
use crate::machine::{Line, Machine};
use crate::monitor::Socket;
use crate::needs::{self, Work};
use crate::qemu::{self, Clock};
use crate::symbols::Symbols;
use anyhow::{Context, Result, bail, ensure};
use leasehold_build::Workspace;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long, in seconds of its own time, a machine may take for its lines.
pub(crate) const TIMEOUT: u64 = 60;

/// The port of this machine for the board's page, if it is free. Source: the usual alternative of port 80.
const PAGE: u16 = 8080;

/// What the screen's task does at once, so that the picture is whole.
pub(crate) const PAINT: &str = "call screen.repaint";

/// A file for a picture.
///
/// # Errors
/// When it is of another format.
pub(crate) fn picture(file: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(file);
    match path.extension() {
        Some(format) if format == "png" => Ok(path),
        _ => Err("the name of a picture ends with .png".to_owned()),
    }
}

/// An app on a board, to be run.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) emulators: &'a Emulators,
    /// App and board.
    pub(crate) target: (&'a str, &'a str),
    /// Whether the board's display is shown in a window.
    pub(crate) display: bool,
    /// Whether the board's disk, network and display are left out.
    pub(crate) plain: bool,
    /// Further words for the emulator.
    pub(crate) words: &'a [String],
}

impl Run<'_> {
    /// Boots the app on this terminal.
    ///
    /// # Errors
    /// When it cannot be built or started, or ends with a code of its own.
    pub(crate) fn interactive(self) -> Result<()> {
        let (app, board) = self.target;
        let (bootable, command) = self.ready(Line::Terminal)?;
        eprintln!(
            "booting {app} on {board} in {}; Ctrl-A X ends it",
            bootable.machine
        );
        if let Machine::Model(..) = bootable.machine {
            return at_model(&command, &bootable.symbols);
        }
        // The terminal's keys go directly to the emulator; its output comes through this program. By this signal the
        // emulator leaves the terminal as it found it.
        let mut child = guest::ends_with_this(&command, "TERM")
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run the emulator")?;
        let printed = child.stdout.take().context("the pipe asked for")?;
        let passed = annotate::copy(
            &|address| bootable.symbols.at(address),
            printed,
            std::io::stdout().lock(),
        );
        let status = child.wait().context("cannot wait for the emulator")?;
        passed.context("passing on what the machine printed")?;
        ensure!(status.success(), "the machine ended with {status}");
        Ok(())
    }

    /// Boots the app and types lines at its shell. Then writes what its display shows into a file.
    ///
    /// # Errors
    /// A failed line, a fault of the kernel, a time-out, an exit code that is not 0, no display.
    pub(crate) fn exec(self, lines: &str, timeout: u64, picture: Option<&Path>) -> Result<()> {
        let (app, board) = self.target;
        let (bootable, mut command) = self.ready(Line::Pipes)?;
        eprintln!("booting {app} on {board} in {}", bootable.machine);
        let socket = Socket::new("run");
        if picture.is_some() {
            bootable.machine.emulator("picture of its display")?;
            socket.attach(&mut command);
        }
        let mut guest = Guest::start(&command, bootable.symbols)?;
        let allowance = Allowance::new(Duration::from_secs(timeout));
        let lines = lines
            .split(';')
            .map(str::trim)
            .filter(|line| !line.is_empty());
        let mut script = Script {
            lines: lines.map(str::to_owned).collect(),
            failed: Vec::new(),
            sent: None,
        };
        script
            .play(&mut guest, allowance)
            .with_context(|| format!("running {app} on {board}"))?;
        if let Some(file) = picture {
            socket.connect()?.screenshot(file, "png")?;
        }
        Ok(())
    }

    /// Installs what booting needs, builds the image, and says how to boot it.
    fn ready(self, line: Line) -> Result<(Bootable, Command)> {
        let (app, board) = self.target;
        let needs = needs::of(self.workspace, &[Work::Boot], &[self.target])?;
        needs::ensure(self.workspace, self.emulators, &needs)?;
        let bootable = build::bootable(self.workspace, self.emulators, app, board)?;
        let mut bootable = if self.plain {
            bootable.plain()
        } else {
            bootable.keeping(self.workspace)?
        };
        if let Some(page) = bootable.open_page(PAGE)? {
            eprintln!("{page}");
        }
        let mut command = bootable.command(Clock::Real, line)?;
        if self.display {
            let emulator = bootable.machine.emulator("display")?;
            command.args(["-display", qemu::window(emulator)?]);
        }
        command.args(self.words);
        Ok((bootable, command))
    }
}

/// A model's serial line on this terminal: it knows nothing of terminals itself.
fn at_model(command: &Command, symbols: &Symbols) -> Result<()> {
    let mut child = guest::ends_with_this(command, "KILL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run the model")?;
    let input = child.stdin.take().context("the pipe asked for")?;
    let printed = child.stdout.take().context("the pipe asked for")?;
    let terminal = std::io::stdin().is_terminal().then(Raw::enter);
    // This thread may block in a read of the terminal for ever; it ends with the process.
    std::thread::spawn(move || attach::type_into(input));
    let passed = annotate::copy(
        &|address| symbols.at(address),
        printed,
        std::io::stdout().lock(),
    );
    let status = child.wait().context("cannot wait for the model")?;
    drop(terminal);
    passed.context("passing on what the machine printed")?;
    ensure!(status.success(), "the machine ended with {status}");
    Ok(())
}

/// Lines to type, and what became of those typed.
struct Script {
    lines: std::collections::VecDeque<String>,
    failed: Vec<String>,
    sent: Option<String>,
}

impl Script {
    fn play(&mut self, guest: &mut Guest, mut allowance: Allowance) -> Result<()> {
        loop {
            match guest.next(&mut allowance)? {
                Event::Line(line) => println!("{line}"),
                Event::Record(_) => {}
                Event::Prompt { failed } => {
                    if let Some(line) = self.sent.take().filter(|_| failed) {
                        self.failed.push(line);
                    }
                    let Some(line) = self.lines.pop_front() else {
                        println!();
                        return self.verdict();
                    };
                    // The shell's echo completes this line.
                    print!("leasehold> ");
                    guest.send(&line)?;
                    self.sent = Some(line);
                }
                Event::End => {
                    let status = guest.wait()?;
                    ensure!(status.success(), "the machine ended with {status}");
                    ensure!(
                        self.lines.is_empty(),
                        "the machine ended before `{}`",
                        self.lines[0]
                    );
                    return self.verdict();
                }
                Event::TimedOut => match &self.sent {
                    Some(line) => bail!("timed out in `{line}`"),
                    None => bail!("timed out before the shell was ready"),
                },
            }
        }
    }

    fn verdict(&self) -> Result<()> {
        ensure!(self.failed.is_empty(), "failed: {}", self.failed.join("; "));
        Ok(())
    }
}
