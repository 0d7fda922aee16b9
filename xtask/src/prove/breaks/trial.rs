//! One trial: tests on the host, or an image on the model of its board.

use super::copy::Copy;
use super::table::{Run, Trial};
use crate::build::{self, Bootable};
use crate::emulator::Emulators;
use crate::guest::{Event, Guest, PROMPT};
use crate::machine::Line;
use crate::qemu::Clock;
use anyhow::{Context, Result, ensure};
use std::process::Command;
use std::time::Duration;

/// How long of its own time the model may say nothing.
const SILENCE: Duration = Duration::from_secs(60);
/// Seconds of the host's after which it is ended. A broken kernel may wait for ever, which takes no time of its own.
const LIMIT: &str = "900";
/// The pad of which the run tells what it does.
const PAD: &str = "gpio3-3";
/// Lines that are shown of a trial that did not come out as it should.
const SHOWN: usize = 30;

/// All that is seen in a trial.
///
/// # Errors
/// When it cannot be built or started.
pub(super) fn see(copy: &Copy, board: &str, trial: &Trial) -> Result<String> {
    match trial {
        Trial::Tests { package, .. } => tests(copy, package),
        Trial::Run { run, .. } => on_model(copy, board, run),
    }
}

/// The last lines of what was seen.
pub(super) fn last_lines(seen: &str) -> String {
    let lines: Vec<&str> = seen.lines().collect();
    lines[lines.len().saturating_sub(SHOWN)..].join("\n")
}

fn tests(copy: &Copy, package: &str) -> Result<String> {
    let workspace = copy.workspace();
    let output = workspace
        .cargo()
        .args(["test", "--no-fail-fast", "--package", package])
        .env("CARGO_TARGET_DIR", workspace.target())
        .output()
        .context("cannot run cargo")?;
    let seen = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        seen.contains("test result: "),
        "{package} does not build: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(seen)
}

fn on_model(copy: &Copy, board: &str, run: &Run) -> Result<String> {
    let bootable = build::bootable(copy.workspace(), &Emulators::default(), &run.app, board)?;
    let folder = &bootable.built.folder;
    let (report, waves) = (folder.join("report-of-run.txt"), folder.join("waves.txt"));
    let mut command = of_model(&bootable, run)?;
    command.env("REPORT", &report);
    command.args(["--wave", PAD, "--waves"]).arg(&waves);
    let mut guest = Guest::start(&command, bootable.symbols.clone())?;
    let mut seen = String::new();
    loop {
        match guest.next_within(SILENCE) {
            Ok(Event::Line(line)) => {
                seen.push_str(&line);
                seen.push('\n');
            }
            Ok(Event::Prompt { .. } | Event::Record(_)) => {}
            Ok(Event::End) => break,
            Ok(Event::TimedOut) => {
                seen.push_str("silent\n");
                break;
            }
            // The kernel faulted.
            Err(error) => {
                seen.push_str(&format!("{error:#}\n"));
                break;
            }
        }
    }
    drop(guest);
    for file in [report, waves] {
        seen.push_str(&std::fs::read_to_string(&file).with_context(|| file.display().to_string())?);
    }
    Ok(seen)
}

/// The model, with what it reports in the file that `REPORT` names.
fn of_model(bootable: &Bootable, run: &Run) -> Result<Command> {
    let model = bootable.command(Clock::Instructions(run.shift), Line::Pipes)?;
    let mut command = Command::new("sh");
    let script = "exec timeout \"$0\" \"$@\" 2> \"$REPORT\"";
    command.args(["-c", script, LIMIT]);
    command.arg(model.get_program()).args(model.get_args());
    let milliseconds = run.milliseconds.to_string();
    command.args(["--milliseconds", &milliseconds]);
    command.args(&run.options);
    // The model types them: its time may be over before this program has seen that the shell asks.
    if !run.lines.is_empty() {
        command.args(["--after", PROMPT]);
    }
    for line in &run.lines {
        command.args(["--type", line]);
    }
    Ok(command)
}
