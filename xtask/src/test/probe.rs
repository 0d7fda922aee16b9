//! The app `probe` on the model of its board, with a wire from the PWM's pad: what it measures must be what the model
//! was told, and it must come to its end.

use super::part::{OnBoard, Part, Runs};
use super::tally::Tally;
use crate::build::Bootable;
use crate::guest::Guest;
use crate::machine::Line;
use crate::qemu::Clock;
use anyhow::{Context, Result, ensure};
use leasehold_build::Workspace;
use std::time::Duration;

/// The app.
const APP: &str = "probe";
/// How long of its own time the machine may be silent.
const SILENCE: Duration = Duration::from_secs(60);
/// Its last line, where nothing hangs.
const END: &str = "TH1520 probe 1: end";
/// What it says before what may hang.
const WARNING: &str = "now a read of the PWM in reset; if nothing follows, it hangs";

/// The rate of the PWM that the model is told, in hertz.
const RATE: u64 = 62_500_000;
/// How far from it the probe's figure may be: its clock counts with 3 MHz, and the program sees an edge late by what
/// its loop takes.
const TOLERANCE: u64 = RATE / 1000;

/// One start of the app.
struct Start {
    name: &'static str,
    /// What the model is told.
    options: &'static [&'static str],
    /// What must be said.
    said: &'static [&'static str],
    /// What must be said before a rate near [`RATE`].
    rates: &'static [&'static str],
    /// It hangs after [`WARNING`].
    hangs: bool,
}

const STARTS: &[Start] = &[
    Start {
        name: "the_pwm_s_rate_is_measured_and_judged",
        options: &["--pwm-rate", "62500000", "--wire", "gpio3-3:gpio1-3"],
        said: &[
            "the interrupt controller has 5 bits of priority and 240 lines",
            "pwm in reset: an access fault",
            "pwm without its clock: an access fault",
        ],
        rates: &[
            "pwm rate: ",
            "warning: the image counts with 24000000 Hz, and the board with ",
        ],
        hangs: false,
    },
    Start {
        name: "without_a_wire_it_says_which_one",
        options: &[],
        said: &["connect GPIO10 and GPIO11 of the header"],
        rates: &[],
        hangs: false,
    },
    Start {
        name: "what_hangs_is_the_last_that_it_tells_of",
        options: &["--closed-hangs"],
        said: &["pwm 5 after reset = "],
        rates: &[],
        hangs: true,
    },
];

pub(super) const PART: OnBoard = OnBoard {
    part: Part::Probe,
    what: "the probe",
    app: APP,
    task: None,
    needs: &[],
    runs: Runs::Always,
    tell,
};

/// Runs the app and judges what it prints.
fn tell(_workspace: &Workspace, bootable: Bootable) -> Result<Tally> {
    let mut tally = Tally::default();
    for start in STARTS {
        tally.judge("probe", start.name, run(&bootable, start));
    }
    Ok(tally)
}

fn run(bootable: &Bootable, start: &Start) -> Result<()> {
    let mut command = bootable.command(Clock::STEADY, Line::Pipes)?;
    command.args(start.options);
    let mut guest = Guest::start(&command, bootable.symbols.clone())?;
    let mut lines = Vec::new();
    loop {
        let line = guest.line_within(SILENCE)?;
        let line = line.with_context(|| format!("it ended: {}", lines.join("\n")))?;
        let ends = line.contains(if start.hangs { WARNING } else { END });
        lines.push(line);
        if ends {
            break;
        }
    }
    if start.hangs {
        let more = guest.line_within(SILENCE)?;
        ensure!(more.is_none(), "it goes on: {more:?}");
    }
    for text in start.said {
        let is_said = lines.iter().any(|line| line.contains(text));
        ensure!(is_said, "nothing of `{text}` in {}", lines.join("\n"));
    }
    for text in start.rates {
        let rate = lines.iter().find_map(|line| hertz_after(line, text));
        let near = rate.is_some_and(|rate| rate.abs_diff(RATE) <= TOLERANCE);
        ensure!(
            near,
            "no rate near {RATE} Hz after `{text}` in {}",
            lines.join("\n")
        );
    }
    Ok(())
}

/// The number of hertz that `line` says after `text`.
fn hertz_after(line: &str, text: &str) -> Option<u64> {
    let (_, rest) = line.split_once(text)?;
    rest.split_once(" Hz")?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_from_its_line() {
        let line = "report: pwm rate: 62500678 Hz, by 8 periods in 92159 ticks";
        assert_eq!(hertz_after(line, "pwm rate: "), Some(62_500_678));
        assert_eq!(hertz_after("pwm rate: no wave", "pwm rate: "), None);
        assert_eq!(hertz_after(line, "board with "), None);
    }

    #[test]
    fn the_model_is_told_the_rate_that_is_expected() {
        assert!(STARTS[0].options.contains(&RATE.to_string().as_str()));
    }
}
