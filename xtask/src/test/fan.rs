//! The app `fan` on the model of its board: what comes out of the fan's pad, in time, while drivers end.

use super::part::{OnBoard, Part, Runs};
use super::tally::Tally;
use super::waves::{self, Run, Wave, near};
use crate::build::Bootable;
use crate::guest::Guest;
use crate::machine::Line;
use crate::qemu::Clock;
use anyhow::{Context, Result, ensure};
use leasehold_build::Workspace;
use leasehold_build::plan::Plan;
use std::time::Duration;

/// The app.
const APP: &str = "fan";
/// How long of its own time the machine may be silent.
const SILENCE: Duration = Duration::from_secs(60);
/// An instruction takes 128 ns.
const SLOW: u8 = 7;
/// The model's exit code for a reset that nobody announced.
const RESET: i32 = 3;
/// The fan's pad.
const PAD: &str = "gpio3-3";
/// The fan's period in nanoseconds (`app/fan/controller`).
const PERIOD: u64 = 10_000_000;
/// The program that has the levels as settings.
const CONTROLLER: &str = "fan-controller";
/// The model's temperature without heat, and with it, in thousandths of a degree.
const COLD: i64 = 45_000;
const HOT: i64 = 65_000;
/// Within so many milliseconds after a driver ended, the fan runs as before: the app looks four times a second, and a
/// driver is started again after 20 ms.
const GAP: u64 = 320;

/// When the processor becomes warm, in milliseconds.
const HEAT: u64 = 700;
/// Tasks that crash, one after the other.
const CRASHES: [&str; 6] = ["pwm", "control", "pins", "pvt", "watchdog", "fan"];

pub(super) const PART: OnBoard = OnBoard {
    part: Part::Fan,
    what: "the fan",
    app: APP,
    task: None,
    needs: &[],
    runs: Runs::Always,
    tell,
};

/// Runs the app and judges it.
fn tell(_workspace: &Workspace, bootable: Bootable) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut report = |name: &str, outcome| tally.judge("fan", name, outcome);
    let waves = [COLD, HOT].map(|temperature| wanted(&bootable.built.plan, temperature));
    let [cool, warm] = waves;
    let (cool, warm) = (cool?, warm?);
    ensure!(
        cool != warm,
        "the manifest has one level for {COLD} and {HOT}"
    );
    let mut lines = vec![format!("sleep {}", HEAT + 400)];
    for task in CRASHES {
        lines.extend([format!("crash {task}"), "sleep 400".to_owned()]);
    }
    lines.extend(["unbind control.pwm#0", "sleep 300", "bind control.pwm#0"].map(str::to_owned));
    // Longer than the watchdog's count, from its driver's end on.
    lines.push("sleep 3000".to_owned());
    let heat = format!("{HEAT}:{HOT}");
    match waves::run(&bootable, PAD, &["--heat", &heat], &lines) {
        Ok(run) => {
            report(
                "the_fan_runs_by_the_temperature",
                run.by_temperature(cool, warm),
            );
            for task in CRASHES {
                report(
                    &format!("it_goes_on_when_{task}_ends"),
                    run.goes_on(task, warm),
                );
            }
            let off = run.off_without_a_lease(warm);
            report("without_its_lease_the_block_is_off", off);
        }
        Err(error) => report("it_runs_and_breaks_no_rule_of_the_board", Err(error)),
    }
    // The image counts with 24 MHz: what it makes of 10 ms where the counter has 62.5.
    let fast = waves::run(
        &bootable,
        PAD,
        &["--pwm-rate", "62500000"],
        &["sleep 100".to_owned()],
    );
    let fast = fast.and_then(|run| {
        let is = run.waves.last().context("no wave")?.1;
        // 24 parts of 62.5.
        let faster = |time: u64| time * 240 / 625;
        let wanted = (faster(cool.0), faster(cool.1));
        ensure!(near(is, wanted), "{is:?}, not {wanted:?}");
        Ok(())
    });
    report("the_wave_is_measured_in_time", fast);
    report(
        "the_board_starts_again_if_the_supervisor_stops",
        starts_again(&bootable),
    );
    Ok(tally)
}

/// The wave at a temperature that is reached from below, by the levels of the manifest.
fn wanted(plan: &Plan, temperature: i64) -> Result<Wave> {
    let list = |name: &str| -> Result<Vec<i64>> {
        let key = (CONTROLLER.to_owned(), name.to_owned());
        let text = plan.settings.get(&key);
        let text = text.with_context(|| format!("the manifest does not set `{name}`"))?;
        // The build ends each entry so (`userlib::setting!`).
        let entries = text
            .split_terminator('\u{1f}')
            .map(|entry| Ok(entry.parse()?));
        entries.collect()
    };
    let levels = list("from")?.into_iter().zip(list("percent")?);
    let (_, percent) = levels
        .take_while(|(from, _)| *from <= temperature)
        .last()
        .with_context(|| format!("no level for {temperature}"))?;
    Ok((PERIOD, PERIOD * u64::try_from(percent)? / 100))
}

/// The supervisor spins, and nobody feeds the watchdog: the board is reset.
fn starts_again(bootable: &Bootable) -> Result<()> {
    // Slow, so that four seconds are few instructions.
    let mut command = bootable.command(Clock::Instructions(SLOW), Line::Pipes)?;
    let supervisor = bootable.built.folder.join("tasks/supervisor.elf");
    let (at, end) = (2_000, 10_000);
    let stuck = format!("{at}:{}", supervisor.display());
    let end = end.to_string();
    command.args(["--stuck", &stuck, "--milliseconds", &end]);
    let mut guest = Guest::start(&command, bootable.symbols.clone())?;
    let mut said = false;
    while let Some(line) = guest.line_within(SILENCE)? {
        said |= line.contains("after the supervisor stops");
    }
    ensure!(said, "the watchdog did not begin");
    let status = guest.wait()?;
    ensure!(status.code() == Some(RESET), "it ended with {status}");
    Ok(())
}

impl Run {
    fn by_temperature(&self, cool: Wave, warm: Wave) -> Result<()> {
        self.has(HEAT, cool)?;
        // It looks four times a second.
        self.has(HEAT + 300, warm)
    }

    fn goes_on(&self, task: &str, warm: Wave) -> Result<()> {
        let crash = self.when(&format!("{task}: panic"))?;
        self.has(crash, warm)?;
        self.when(&format!("{task}: started again"))?;
        // Without its thermometer the fan is at full speed, until it looks again.
        self.has(crash + GAP, warm)
    }

    fn off_without_a_lease(&self, warm: Wave) -> Result<()> {
        let after = self.since("control: pwm is off")?;
        let off = after.when("control: pwm is off")?;
        self.has(off + 200, (0, 0))?;
        let on = after.when("pwm: 6 channels")?;
        self.has(on + GAP, warm)
    }
}
