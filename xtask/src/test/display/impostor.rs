//! The app `impostor`: a hostile driver in place of a display's tells lies to `screen`, life by life. `screen` names
//! each, draws on none of these displays, and paints on the one of the honest driver behind them.

use super::{Seen, TASK};
use crate::build::Bootable;
use crate::test::hostile::{asked, count, found_out, nothing_ended};
use crate::test::part::{OnBoard, Part, Runs};
use crate::test::shell::Shell;
use crate::test::tally::Tally;
use anyhow::{Result, ensure};
use leasehold_build::Workspace;

/// The driver's task.
const DRIVER: &str = "display";
/// What `screen` says of a lie, before its name.
const NOT_USED: &str = "screen: the driver's display is not used: ";
/// What it calls the lies of the first lives (`LIVES` in `app/impostor/driver`).
const NAMES: [&str; 9] = [
    "a side has no pixels, or too many",
    "a side has no pixels, or too many",
    "the distance of its lines is impossible",
    "the distance of its lines is impossible",
    "the distance of its lines is impossible",
    "the picture is larger than its window",
    "the picture is larger than its window",
    "the window cannot be written",
    "it is of another type",
];
/// The life that offers nothing, those that end by themselves, and the one that takes its display back.
const NOTHING: usize = NAMES.len() + 1;
const BRIEF: usize = 2;
const AGAIN: usize = NOTHING + BRIEF + 1;
/// How often that one offers it again (`TIMES` in `app/impostor/driver/src/lie.rs`).
const OFFERS: usize = 5;
/// How the log shows that a driver ended by itself: with the place in its sources.
const TOLD: &str = "panic: app/impostor/driver/src/lie.rs";

pub(in crate::test) const PART: OnBoard = OnBoard {
    part: Part::Display,
    what: "a hostile driver of a display",
    app: "impostor",
    task: None,
    needs: &[],
    runs: Runs::Asked,
    tell,
};

/// Runs the app and judges what `screen` says, and what is to be seen.
fn tell(_workspace: &Workspace, bootable: Bootable) -> Result<Tally> {
    let mut seen = Seen::boot(&bootable)?;
    let mut tally = Tally::default();
    let mut report = |name: &str, outcome| tally.judge("impostor", name, outcome);
    report("each_lie_is_named", lies(&mut seen.shell));
    report("a_driver_without_a_display_is_no_harm", nothing(&mut seen));
    report("nor_one_that_ends_at_once", brief(&mut seen.shell));
    report("nor_one_that_takes_it_back", again(&mut seen.shell));
    report("an_honest_driver_is_used", honest(&mut seen));
    report("the_task_above_never_ended", whole(&mut seen.shell));
    seen.shell.power_off()?;
    Ok(tally)
}

/// Ends the driver's life.
fn next(shell: &mut Shell) -> Result<()> {
    shell.good(&[&format!("crash {DRIVER}")]).map(drop)
}

/// Each lie is told and called by its name, and the display is not drawn on.
fn lies(shell: &mut Shell) -> Result<()> {
    for (index, name) in NAMES.iter().enumerate() {
        let alike = NAMES[..=index].iter().filter(|other| *other == name);
        let words = format!("{NOT_USED}{name}");
        found_out(shell, index + 1, &words, alike.count())?;
        unbound(shell)?;
        next(shell)?;
    }
    Ok(())
}

/// Who asks for a picture is told that there is no display.
fn unbound(shell: &mut Shell) -> Result<()> {
    let answers = shell.lines(&[&format!("call {TASK}.card")])?;
    for answer in answers {
        let (said, succeeded) = answer?;
        ensure!(!succeeded, "a card was painted somewhere: {said:?}");
        ensure!(count(&said, "unbound") > 0, "{said:?}");
    }
    Ok(())
}

/// The driver has the device, and registers nothing. None of the drivers so far has switched the picture on.
fn nothing(seen: &mut Seen) -> Result<()> {
    found_out(&mut seen.shell, NOTHING, NOT_USED, NAMES.len())?;
    unbound(&mut seen.shell)?;
    next(&mut seen.shell)
}

/// The driver ends, and is there again, while the task above paints.
fn brief(shell: &mut Shell) -> Result<()> {
    let ends = format!("{DRIVER}: {TOLD}");
    found_out(shell, NOTHING + BRIEF, &ends, BRIEF)
}

/// The driver takes its display back while the task above paints, and offers it again.
fn again(shell: &mut Shell) -> Result<()> {
    let offered = format!("{DRIVER}: offers it again, {OFFERS} times");
    found_out(shell, AGAIN, &offered, 1)?;
    shell.good(&["sleep 100"])?;
    unbound(shell)?;
    next(shell)
}

/// The display is drawn on.
fn honest(seen: &mut Seen) -> Result<()> {
    let words = format!("{DRIVER}: started again, generation {}", AGAIN + 1);
    seen.shell.until("log", |said| {
        count(said, &words) > 0 && count(said, "screen: bound, ") > 0
    })?;
    seen.card()
}

/// No task but the driver ended, and that by a crash that was asked for or was a lie.
fn whole(shell: &mut Shell) -> Result<()> {
    let log = shell.good(&["log"])?;
    nothing_ended(&log, &[asked(DRIVER), format!("{DRIVER}: {TOLD}")])?;
    ensure!(count(&log, "screen: started again") == 0, "{log:?}");
    Ok(())
}
