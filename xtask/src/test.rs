//! `test`: the host's tests, the test suite in the emulator, and the demo's story.

pub(crate) mod disk;
mod display;
mod fan;
mod header;
mod model;
mod network;
mod probe;
mod readme;
mod refusals;
mod shell;
mod story;
mod waves;

use crate::boards;
use crate::build::{self, Bootable};
use crate::emulator::Emulators;
use crate::guest::{Event, Guest};
use crate::machine::{Line, Machine};
use crate::needs::{self, Work};
use crate::qemu::Clock;
use crate::run::is_kernel_fault;
use crate::stages::judged;
use ::records::{FAILED, PASSED, SKIPPED, SUM};
use anyhow::{Context, Error, Result, bail, ensure};
use leasehold_build::{Built, Workspace};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

/// The app that tests the kernel and userlib on a board.
const APP: &str = "testsuite";
/// The emulated processor executes 125 million instructions a second.
const SHIFT: u8 = 3;
/// Where network and disk are tested in a whole run: these tests wait for the host's time.
const LONG: &str = "virt-rv64";
/// A board that prints nothing for this long of the emulator's own time hangs, whatever its own watchdog says.
const SILENCE: Duration = Duration::from_secs(60);

/// Tests that passed, tests that did not, and tests that the board has nothing for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

/// What there is to test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Unit and documentation tests, on this machine.
    Host,
    /// The test suite, in the emulator.
    Board,
    /// The demo, driven through its shell.
    Story,
    /// The demo's display, while its driver ends and comes back.
    Display,
    /// The demo's network, while its driver is killed again and again; on one board when everything is run.
    Network,
    /// The app `disk`: files are written while the disk's driver is killed; on one board when everything is run.
    Disk,
    /// The app `fan`, on the model of its board.
    Fan,
    /// The app `header`, on the model of its board.
    Header,
    /// The app `probe`, on the model of its board.
    Probe,
    /// The test suite, on the model's board that is like QEMU's `virt-rv64`.
    Model,
}

/// Runs all tests on one board or on all, or one part of them; the last line printed is the sum.
///
/// # Errors
/// When a test failed, or could not run.
pub(crate) fn run(
    workspace: &Workspace,
    emulators: &Emulators,
    board: Option<&str>,
    only: Option<Part>,
) -> Result<()> {
    let wanted = |part| only.is_none_or(|only| only == part);
    let boards = boards::asked(
        workspace,
        &[
            APP,
            story::APP,
            disk::APP,
            fan::APP,
            header::APP,
            probe::APP,
        ],
        board,
    )?;
    let mut images = Vec::new();
    for (app, part) in [
        (APP, Part::Board),
        (story::APP, Part::Story),
        (disk::APP, Part::Disk),
        (fan::APP, Part::Fan),
        (header::APP, Part::Header),
        (probe::APP, Part::Probe),
    ] {
        let boards = boards.iter().map(String::as_str);
        let boards = boards.filter(|board| boards::has(workspace, app, board));
        images.extend(boards.filter(|_| wanted(part)).map(|board| (app, board)));
    }
    if wanted(Part::Display) && !wanted(Part::Story) {
        let boards = boards.iter().map(String::as_str);
        let boards = boards.filter(|board| display::is_on(workspace, board));
        images.extend(boards.map(|board| (display::APP, board)));
    }
    if wanted(Part::Network) && !wanted(Part::Story) {
        let boards = boards.iter().map(String::as_str);
        let boards = boards.filter(|board| network::is_on(workspace, board));
        images.extend(boards.map(|board| (network::APP, board)));
    }
    let mut needs = needs::of(workspace, &[Work::Boot], &images)?;
    let on_model = wanted(Part::Model) && boards.iter().any(|board| board == model::BOARD);
    if on_model {
        needs.extend(needs::of(workspace, &[Work::Boot], &[(APP, model::BOARD)])?);
    }
    if images.iter().any(|(app, _)| *app == disk::APP) {
        needs.extend(needs::of(workspace, &[Work::Disk], &[])?);
    }
    if wanted(Part::Host) {
        needs.extend(needs::of(workspace, &[Work::HostTests], &[])?);
    }
    needs::ensure(workspace, emulators, &needs)?;
    // A failure in one part says nothing about the others, so all run.
    let mut outcomes = Vec::new();
    let on_host = wanted(Part::Host).then(|| {
        let first = boards
            .iter()
            .find(|board| boards::has(workspace, APP, board));
        first
            .context("the test suite has no board")
            .and_then(|board| build::image(workspace, APP, board))
    });
    // An emulator takes one processor. Beside it, the host's tests take the others.
    std::thread::scope(|scope| {
        let beside = !images.is_empty() || on_model;
        let on_host = on_host.map(|image| {
            scope.spawn(move || part("tests on the host", || host(workspace, &image?, beside)))
        });
        // What takes real time runs on one board, unless a part or a board was asked for.
        let long = |on: &str| only.is_some() || board.is_some() || on == LONG;
        outcomes.extend(on_boards(workspace, emulators, &boards, &wanted, &long));
        if on_model {
            outcomes.push(part("tests on the model", || {
                model::suite_on_model(workspace, emulators)
            }));
        }
        if let Some(on_host) = on_host {
            match on_host.join() {
                Ok(outcome) => outcomes.insert(0, outcome),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    ensure!(!outcomes.is_empty(), "there is nothing to run");
    total(outcomes)
}

/// Runs the parts that need an emulator.
fn on_boards(
    workspace: &Workspace,
    emulators: &Emulators,
    boards: &[String],
    wanted: &impl Fn(Part) -> bool,
    long: &impl Fn(&str) -> bool,
) -> Vec<(String, Result<Tally>)> {
    let mut outcomes = Vec::new();
    for board in boards {
        if wanted(Part::Board) && boards::has(workspace, APP, board) {
            outcomes.push(part(&format!("tests on {board}"), || {
                target(&build::bootable(workspace, emulators, APP, board)?)
            }));
        }
        if wanted(Part::Story) && boards::has(workspace, story::APP, board) {
            outcomes.push(part(&format!("the demo's story on {board}"), || {
                story::tell(workspace, emulators, board)
            }));
        }
        if wanted(Part::Display) && display::is_on(workspace, board) {
            outcomes.push(part(&format!("the display on {board}"), || {
                display::tell(workspace, emulators, board)
            }));
        }
        if wanted(Part::Network) && long(board) && network::is_on(workspace, board) {
            outcomes.push(part(&format!("the network on {board}"), || {
                network::tell(workspace, emulators, board)
            }));
        }
        if wanted(Part::Disk) && long(board) && boards::has(workspace, disk::APP, board) {
            outcomes.push(part(&format!("the disk on {board}"), || {
                disk::tell(workspace, emulators, board)
            }));
        }
        if wanted(Part::Fan) && boards::has(workspace, fan::APP, board) {
            outcomes.push(part(&format!("the fan on {board}"), || {
                fan::tell(workspace, emulators, board)
            }));
        }
        if wanted(Part::Header) && boards::has(workspace, header::APP, board) {
            outcomes.push(part(&format!("the header on {board}"), || {
                header::tell(workspace, emulators, board)
            }));
        }
        if wanted(Part::Probe) && boards::has(workspace, probe::APP, board) {
            outcomes.push(part(&format!("the probe on {board}"), || {
                probe::tell(workspace, emulators, board)
            }));
        }
    }
    outcomes
}

/// Prints what came of each part, and the sum.
///
/// # Errors
/// When a part failed.
fn total(outcomes: Vec<(String, Result<Tally>)>) -> Result<()> {
    let mut sum = Tally::default();
    let mut broken = None;
    for (name, outcome) in outcomes {
        match outcome {
            Ok(tally) => {
                println!("{name}: {tally}");
                sum.passed += tally.passed;
                sum.failed += tally.failed;
                sum.skipped += tally.skipped;
            }
            Err(error) => {
                // A part that could not run to its end counts as a failed test.
                println!("{name}: {error:#}");
                sum.failed += 1;
                broken = Some(error);
            }
        }
    }
    println!("{sum}");
    if let Some(error) = broken {
        return Err(error);
    }
    ensure!(sum.failed == 0, "tests failed");
    Ok(())
}

/// Runs a part as a stage, which is good if no test failed. Returns its name with the result.
fn part(name: &str, work: impl FnOnce() -> Result<Tally>) -> (String, Result<Tally>) {
    let outcome = judged(name, work, |tally| tally.failed == 0);
    (name.to_owned(), outcome)
}

/// Everything that runs on the host: the default members of the workspace. `beside` another part, the output comes at
/// the end, in one piece.
fn host(workspace: &Workspace, built: &Built, beside: bool) -> Result<Tally> {
    let mut child = workspace
        .cargo()
        .args(["test", "--quiet", "--no-fail-fast"])
        .env("LEASEHOLD_POLICY", &built.sources.1)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run cargo")?;
    let output = BufReader::new(child.stdout.take().context("the pipe asked for")?);
    let mut tally = Tally::default();
    let mut later = String::new();
    for line in output.lines() {
        let line = line.context("cargo's output")?;
        if beside {
            later.push_str(&line);
            later.push('\n');
        } else {
            println!("{line}");
        }
        if let Some(part) = summary(&line) {
            tally.passed += part.passed;
            tally.failed += part.failed;
            tally.skipped += part.skipped;
        }
    }
    print!("{later}");
    let status = child.wait().context("cannot wait for cargo")?;
    // A test that does not compile has no summary.
    ensure!(
        status.success() || tally.failed > 0,
        "the host's tests did not run"
    );
    Ok(tally)
}

/// The numbers in a summary of Rust's test harness.
fn summary(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut counts = counts.split("; ");
    let passed = counts.next()?.strip_suffix(" passed")?.parse().ok()?;
    let failed = counts.next()?.strip_suffix(" failed")?.parse().ok()?;
    let skipped = counts.next()?.strip_suffix(" ignored")?.parse().ok()?;
    Some(Tally {
        passed,
        failed,
        skipped,
    })
}

/// The suite on a board. Its clock counts instructions, so that a busy host makes no test late.
fn target(bootable: &Bootable) -> Result<Tally> {
    println!("{}", bootable.machine);
    let mut command = bootable.command(Clock::Instructions(SHIFT), Line::Pipes)?;
    if let Machine::Model(..) = bootable.machine {
        // The suite tests the kernel, and has no drivers that open gates.
        command.arg("--open");
    }
    suite(Guest::start(&command, bootable.symbols.clone())?, None)
}

/// The suite in a program that stands for a board. A test that fails for the reason `absent` has nothing to test there,
/// and counts as skipped.
fn suite(mut guest: Guest, absent: Option<&str>) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut closing = None;
    let mut excused = 0;
    loop {
        match guest.next_within(SILENCE) {
            Event::Line(line) => {
                println!("{line}");
                ensure!(!is_kernel_fault(&line), "the kernel faulted: {line}");
                if absent.is_some_and(|reason| line.ends_with(&format!("FAILED: {reason}"))) {
                    excused += 1;
                }
            }
            Event::Record(record) => {
                ensure!(closing.is_none(), "the suite goes on after its sum");
                if tally.add(&record.map_err(Error::msg)?)? {
                    closing = Some(tally);
                }
            }
            Event::Prompt { .. } => {}
            Event::End => break,
            Event::TimedOut => {
                let pending = guest.pending();
                println!("{pending}hung");
                tally.failed += 1;
                println!(
                    "nothing came for {} s of the emulator's own time: the machine was stopped",
                    SILENCE.as_secs()
                );
                return Ok(tally);
            }
        }
    }
    let status = guest.wait()?;
    match closing {
        None => bail!("the suite ended with {status} and without `{tally}`"),
        Some(_) if tally.passed == 0 => bail!("the suite ran no test"),
        // Its exit code says the same as its tests.
        Some(_) if status.success() != (tally.failed == 0) => {
            bail!("the suite ended with {status}")
        }
        Some(_) => Ok(Tally {
            failed: tally.failed - excused,
            skipped: tally.skipped + excused,
            ..tally
        }),
    }
}

impl Tally {
    /// Counts what came of a test of a part, and prints it.
    fn judge(&mut self, part: &str, name: &str, outcome: Result<()>) {
        match outcome {
            Ok(()) => {
                self.passed += 1;
                println!("test {part}::{name} ... ok");
            }
            Err(reason) => {
                self.failed += 1;
                println!("test {part}::{name} ... FAILED: {reason:#}");
            }
        }
    }

    /// Counts what the record of a test says; answers whether it is the last one, with the sum.
    fn add(&mut self, record: &str) -> Result<bool> {
        match record {
            PASSED => self.passed += 1,
            SKIPPED => self.skipped += 1,
            FAILED => self.failed += 1,
            _ => {
                let sum = record.strip_prefix(SUM);
                let sum = sum.with_context(|| format!("the suite tells `{record}`"))?;
                let counted = format!("{} {} {}", self.passed, self.failed, self.skipped);
                ensure!(sum == counted, "the suite counts {sum}, and {counted} came");
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_of_the_harness_are_read() {
        let line = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(
            summary(line),
            Some(Tally {
                passed: 12,
                failed: 0,
                skipped: 1
            })
        );
        let line = "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(
            summary(line),
            Some(Tally {
                passed: 3,
                failed: 2,
                skipped: 0
            })
        );
        assert_eq!(summary("running 3 tests"), None);
    }

    #[test]
    fn only_passed_is_a_pass() {
        let mut tally = Tally::default();
        for record in ["passed", "skipped", "failed", "passed"] {
            assert!(!tally.add(record).unwrap());
        }
        assert_eq!(tally.to_string(), "2 passed, 1 failed, 1 skipped");
        for record in ["passed ", "", "ok", "sum 3 0 1", "sum 2 1"] {
            assert!(tally.add(record).is_err(), "{record:?}");
        }
        assert!(tally.add("sum 2 1 1").unwrap());
    }
}
