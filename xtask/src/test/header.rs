//! The app `header` on the model of its board: a light and a button on two lines of GPIO, joined by a wire, while
//! drivers end.

use super::part::{OnBoard, Part, Runs};
use super::tally::Tally;
use super::waves::{self, Run};
use crate::build::Bootable;
use anyhow::{Context, Result, ensure};
use leasehold_build::Workspace;

/// The app.
const APP: &str = "header";
/// The light's pad; the wire goes to the button's.
const PAD: &str = "gpio1-3";
const WIRE: &str = "gpio1-3:gpio1-4";

/// The light changes so many milliseconds after an edge (`app/header/panel`), and how much longer that may take.
const MOMENT: u64 = 10;
const SLACK: u64 = 5;
/// The board's waves are read once a millisecond.
const READING: u64 = 1;
/// It changes so many milliseconds after it waited for an edge in vain.
const PATIENCE: u64 = 500;
/// Within so many milliseconds after a task ended, the light changes as before. A panel that starts again may first
/// wait for an edge in vain.
const GAP: u64 = PATIENCE + 150;
/// So long is a task given, in the shell's words.
const PAUSE: &str = "sleep 700";

/// Tasks that crash, one after the other.
const CRASHES: [&str; 4] = ["gpio1", "control", "pins", "panel"];
/// Tasks between the shell and the expander.
const BUS: [&str; 4] = ["i2c3", "control", "pins", "rails"];
/// Turns the hub's 5 V on, and asks the expander whether they are.
const ON: &str = "call rails.switch 3 1";
const LEVEL: &str = "call rails.level 3";

pub(super) const PART: OnBoard = OnBoard {
    part: Part::Header,
    what: "the header",
    app: APP,
    task: None,
    needs: &[],
    runs: Runs::Always,
    tell,
};

/// Runs the app and judges it.
fn tell(_workspace: &Workspace, bootable: Bootable) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut report = |name: &str, outcome| tally.judge("header", name, outcome);
    let mut lines = vec!["sleep 300".to_owned()];
    for task in CRASHES {
        lines.extend([format!("crash {task}"), PAUSE.to_owned()]);
    }
    lines.extend(
        [
            "unbind control.gpio1#0",
            "sleep 200",
            "bind control.gpio1#0",
        ]
        .map(str::to_owned),
    );
    lines.push(PAUSE.to_owned());
    match waves::run(&bootable, PAD, &["--wire", WIRE], &lines) {
        Ok(run) => {
            let edges = run.changes_at(300, MOMENT);
            report("each_edge_of_the_button_changes_the_light", edges);
            for task in CRASHES {
                report(
                    &format!("it_goes_on_when_{task}_ends"),
                    run.changes_on(task),
                );
            }
            report("without_the_clock_no_line_is_lent", run.not_lent());
        }
        Err(error) => report("it_runs_and_breaks_no_rule_of_the_board", Err(error)),
    }
    report(
        "supplies_stay_on_when_tasks_of_the_bus_end",
        supplies(&bootable),
    );
    let alone = waves::run(&bootable, PAD, &[], &["sleep 2600".to_owned()]);
    let alone = alone.and_then(|run| run.blinks(PATIENCE + MOMENT));
    report("without_an_edge_the_light_blinks", alone);
    Ok(tally)
}

/// The expander keeps what it was told, whoever ends; each task works again after its own end.
fn supplies(bootable: &Bootable) -> Result<()> {
    let mut lines = vec!["sleep 300".to_owned(), LEVEL.to_owned(), ON.to_owned()];
    lines.push(LEVEL.to_owned());
    for task in BUS {
        lines.extend([format!("crash {task}"), "sleep 300".to_owned()]);
        lines.push(LEVEL.to_owned());
    }
    let run = waves::run(bootable, PAD, &[], &lines)?;
    let levels: Vec<&str> = run.lines.iter().map(|line| line.trim()).collect();
    let levels: Vec<&str> = levels
        .into_iter()
        .filter(|line| ["0", "1"].contains(line))
        .collect();
    ensure!(
        levels == ["0", "1", "1", "1", "1", "1"],
        "{levels:?} in {}",
        run.lines.join("\n")
    );
    Ok(())
}

impl Run {
    /// The light changes each so many milliseconds.
    fn changes_at(&self, milliseconds: u64, each: u64) -> Result<()> {
        let (period, high) = self.at(milliseconds).context("no wave")?;
        let wanted = each * 1_000_000..=(each + SLACK) * 1_000_000;
        ensure!(
            wanted.contains(&high) && wanted.contains(&period.saturating_sub(high)),
            "high for {high} of {period} ns at {milliseconds} ms, and not for {each} ms: {:?}",
            self.waves
        );
        Ok(())
    }

    fn changes_on(&self, task: &str) -> Result<()> {
        let crash = self.when(&format!("{task}: panic"))?;
        self.changes_at(crash, MOMENT)?;
        self.when(&format!("{task}: started again"))?;
        self.changes_at(crash + GAP, MOMENT)
    }

    /// The light is steady for so many milliseconds each time.
    fn blinks(&self, each: u64) -> Result<()> {
        let changes: Vec<_> = self.waves.iter().filter(|(_, wave)| wave.0 == 0).collect();
        let wanted = (each - READING) * 1_000_000..=(each + SLACK) * 1_000_000;
        // The first is before the light is driven.
        let blinks = changes[1.min(changes.len())..]
            .windows(2)
            .filter(|pair| pair[0].1 != pair[1].1 && wanted.contains(&(pair[1].0 - pair[0].0)));
        ensure!(blinks.count() >= 4, "{:?}", self.waves);
        Ok(())
    }

    /// The lines' leases are under that of the clock: without it nothing drives the pad.
    fn not_lent(&self) -> Result<()> {
        let after = self.since("control: gpio1 is off")?;
        let off = after.when("control: gpio1 is off")?;
        self.has(off + 150, (0, 0))?;
        let on = after.when("gpio1: 2 lines on offer")?;
        self.changes_at(on + GAP, MOMENT)
    }
}
