//! Runs an app beside the demo's shell on the model of its board, and measures what a pad does, in time.

use super::shell::Shell;
use crate::build::Bootable;
use crate::machine::{Line, Machine};
use crate::qemu::Clock;
use anyhow::{Context, Result, bail, ensure};

/// A wave at the pad: period and high part in nanoseconds; no period where it is steady.
pub(super) type Wave = (u64, u64);

/// A count of the PWM's counter at 24 MHz, and a nanosecond of the measurement.
const COUNT: u64 = 43;

/// A run: what was printed, and the waves with their times in nanoseconds.
pub(super) struct Run {
    pub(super) lines: Vec<String>,
    pub(super) waves: Vec<(u64, Wave)>,
}

/// Runs the app with these options of the model, types these lines at its shell, and turns the board off. A rule of the
/// board that is broken is an error.
pub(super) fn run(
    bootable: &Bootable,
    pad: &str,
    options: &[&str],
    lines: &[String],
) -> Result<Run> {
    ensure!(
        matches!(bootable.machine, Machine::Model(..)),
        "only the model of a board can be measured"
    );
    let file = bootable.built.folder.join("waves.txt");
    let mut command = bootable.command(Clock::STEADY, Line::Pipes)?;
    command
        .args(["--strict", "--wave", pad, "--waves"])
        .arg(&file);
    command.args(options);
    let mut shell = Shell::run(&command, bootable.symbols.clone())?;
    let (mut printed, _) = shell.until_prompt()?;
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    printed.extend(shell.good(&lines)?);
    shell.power_off()?;
    let waves = std::fs::read_to_string(&file).context("what was measured")?;
    Ok(Run {
        lines: printed,
        waves: waves.lines().map(wave).collect::<Result<_>>()?,
    })
}

/// A line of the model's: time, pad, wave.
fn wave(line: &str) -> Result<(u64, Wave)> {
    let words: Vec<&str> = line.split(' ').collect();
    let number = |text: &str| text.parse::<u64>().with_context(|| line.to_owned());
    match words[..] {
        [time, _, "period", period, "high", high] => {
            Ok((number(time)?, (number(period)?, number(high)?)))
        }
        [time, _, "steady", level] => Ok((number(time)?, (0, number(level)?))),
        [time, _, "open"] => Ok((number(time)?, (0, 0))),
        _ => bail!("what is `{line}`?"),
    }
}

/// Whether two waves are the same, but for a count.
pub(super) fn near(one: Wave, other: Wave) -> bool {
    one.0.abs_diff(other.0) <= COUNT && one.1.abs_diff(other.1) <= 2 * COUNT
}

impl Run {
    /// The wave at a time.
    pub(super) fn at(&self, milliseconds: u64) -> Option<Wave> {
        let before = |(time, _): &&(u64, Wave)| *time <= milliseconds * 1_000_000;
        self.waves
            .iter()
            .take_while(before)
            .last()
            .map(|(_, wave)| *wave)
    }

    pub(super) fn has(&self, milliseconds: u64, wanted: Wave) -> Result<()> {
        let is = self.at(milliseconds);
        ensure!(
            is.is_some_and(|is| near(is, wanted)),
            "{is:?} at {milliseconds} ms, not {wanted:?}: {:?}",
            self.waves
        );
        Ok(())
    }

    /// The run from the last line with this text on.
    pub(super) fn since(&self, text: &str) -> Result<Self> {
        let first = self.lines.iter().rposition(|line| line.contains(text));
        let first = first.with_context(|| format!("no `{text}` in {}", self.lines.join("\n")))?;
        Ok(Self {
            lines: self.lines[first..].to_vec(),
            waves: self.waves.clone(),
        })
    }

    /// When a text was logged for the first time, in milliseconds.
    pub(super) fn when(&self, text: &str) -> Result<u64> {
        let line = self.lines.iter().find(|line| line.contains(text));
        let line = line.with_context(|| format!("no `{text}` in {}", self.lines.join("\n")))?;
        let time = line.split(['[', ']']).nth(1).unwrap_or("");
        let (seconds, rest) = time.trim().split_once('.').context("a line of the log")?;
        Ok(seconds.parse::<u64>()? * 1000 + rest.parse::<u64>()?)
    }
}
