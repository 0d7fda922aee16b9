//! `test`: the host's tests, the test suite in the emulator, and what else boots an app and judges it.
//!
//! A part that boots an app is a file of its own here, with a `PART`, and a place in [`ON_BOARDS`].

mod apart;
pub(crate) mod disk;
mod display;
mod fan;
mod header;
mod host;
mod hostile;
mod model;
pub(crate) mod network;
mod page;
mod part;
mod probe;
mod readme;
mod refusals;
mod repeats;
pub(crate) mod shell;
mod slot;
mod story;
mod suite;
mod tally;
mod tutorial;
mod waves;

pub(crate) use self::part::Part;

use self::part::OnBoard;
use self::tally::Tally;
use crate::boards;
use crate::build;
use crate::emulator::Emulators;
use crate::needs::{self, Work};
use crate::stages::judged;
use anyhow::{Context, Result, ensure};
use leasehold_build::Workspace;

/// Parts that boot an app, in the order in which they run on a board.
const ON_BOARDS: &[OnBoard] = &[
    suite::PART,
    story::PART,
    display::PART,
    display::impostor::PART,
    network::PART,
    network::SMALL,
    network::forger::PART,
    page::PART,
    page::SMALL,
    disk::PART,
    disk::liar::PART,
    disk::second::PART,
    fan::PART,
    header::PART,
    probe::PART,
    tutorial::PART,
];

/// All that the tests need of this machine, the browser of a single part too.
pub(crate) fn work() -> Vec<Work> {
    let mut work = vec![Work::Boot, Work::HostTests, Work::Page];
    work.extend(ON_BOARDS.iter().flat_map(|one| one.needs));
    work
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
    let apps: Vec<&str> = ON_BOARDS.iter().map(|one| one.app).collect();
    let boards = boards::asked(workspace, &apps, board)?;
    // What takes real time runs on one board, unless a part or a board was asked for.
    let is_for_all = only.is_some() || board.is_some();
    let mut runs: Vec<(&OnBoard, &str)> = Vec::new();
    for on in &boards {
        let here = ON_BOARDS.iter().filter(|one| {
            let is_here = is_for_all || one.runs.is_on(on);
            wanted(one.part) && is_here && one.is_on(workspace, on)
        });
        runs.extend(here.map(|one| (one, on.as_str())));
    }
    let on_model = wanted(Part::Model) && boards.iter().any(|board| board == model::BOARD);
    let mut images: Vec<_> = runs.iter().map(|(one, board)| (one.app, *board)).collect();
    if on_model {
        images.extend([(suite::APP, model::BOARD), model::BELOW]);
    }
    images.sort_unstable();
    images.dedup();
    let mut work = vec![Work::Boot];
    work.extend(runs.iter().flat_map(|(one, _)| one.needs));
    // A browser is large. A whole run uses one that is there, and does without otherwise.
    if only == Some(Part::Page) {
        work.push(Work::Page);
    }
    if wanted(Part::Host) {
        work.push(Work::HostTests);
    }
    let needs = needs::of(workspace, &work, &images)?;
    needs::ensure(workspace, emulators, &needs)?;
    // A failure in one part says nothing about the others, so all run.
    let mut outcomes = Vec::new();
    let on_host = wanted(Part::Host).then(|| {
        let first = boards
            .iter()
            .find(|board| boards::has(workspace, suite::APP, board));
        first
            .context("the test suite has no board")
            .and_then(|board| build::image(workspace, suite::APP, board))
    });
    // An emulator takes one processor. Beside it, the host's tests take the others, and then what runs on a model: that
    // is a program of the host, too.
    let is_whole = only.is_none() && board.is_none();
    let (apart, runs): (Vec<_>, Vec<_>) = runs
        .into_iter()
        .partition(|(one, on)| is_whole && is_model(workspace, one.app, on));
    std::thread::scope(|scope| {
        let beside = !images.is_empty();
        let on_host = on_host.map(|image| {
            scope.spawn(move || {
                let mut outcomes = vec![part("tests on the host", || {
                    host::run(workspace, &image?, beside)
                })];
                outcomes.extend(apart.iter().map(|(one, board)| {
                    let name = format!("{} on {board}", one.what);
                    (name, apart::run(emulators, one.part, board))
                }));
                if on_model && is_whole {
                    let outcome = apart::run(emulators, Part::Model, model::BOARD);
                    outcomes.push(("tests on the model".to_owned(), outcome));
                }
                outcomes
            })
        });
        outcomes.extend(runs.iter().map(|(one, board)| {
            part(&format!("{} on {board}", one.what), || {
                one.run(workspace, emulators, board)
            })
        }));
        if on_model && !is_whole {
            outcomes.push(part("tests on the model", || {
                model::suite_on_model(workspace, emulators)
            }));
        }
        if let Some(on_host) = on_host {
            match on_host.join() {
                Ok(others) => outcomes.splice(0..0, others).for_each(drop),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    ensure!(!outcomes.is_empty(), "there is nothing to run");
    total(outcomes)
}

/// Whether a model of a board, a program of this workspace, runs its images.
fn is_model(workspace: &Workspace, app: &str, board: &str) -> bool {
    let plan = leasehold_build::check(workspace.root(), app, board);
    plan.is_ok_and(|plan| plan.chip.qemu.is_none())
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
                sum.join(tally);
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
