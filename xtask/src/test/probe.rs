//! The app `probe` on the model of its board, with a wire from the PWM's pad: what it measures must be what the model
//! was told, and it must come to its end.

use super::{SHIFT, Tally};
use crate::build::{self, Bootable};
use crate::emulator::Emulators;
use crate::guest::{Event, Guest};
use crate::machine::Line;
use crate::qemu::Clock;
use crate::run::is_kernel_fault;
use anyhow::{Result, bail, ensure};
use leasehold_build::Workspace;
use std::time::Duration;

/// The app.
pub(super) const APP: &str = "probe";
/// How long of its own time the machine may be silent.
const SILENCE: Duration = Duration::from_secs(60);
/// Its last line.
const END: &str = "TH1520 probe 1: end";

/// Tests: what the model is told, and what must be said.
const TESTS: &[(&str, &[&str], &[&str])] = &[
    (
        "the_pwm_s_rate_is_measured_and_judged",
        &["--pwm-rate", "62500000", "--wire", "gpio3-3:gpio1-3"],
        &[
            "pwm rate: 6249",
            "warning: the image counts with 24000000 Hz, and the board with 6249",
            "pwm in reset: an access fault",
            "pwm without its clock: an access fault",
        ],
    ),
    (
        "without_a_wire_it_says_which_one",
        &[],
        &["connect GPIO10 and GPIO11 of the header"],
    ),
];

/// Runs the app and judges what it prints.
///
/// # Errors
/// When it cannot be built.
pub(super) fn tell(workspace: &Workspace, emulators: &Emulators, board: &str) -> Result<Tally> {
    let bootable = build::bootable(workspace, emulators, APP, board)?;
    let mut tally = Tally::default();
    for (name, options, said) in TESTS {
        tally.judge("probe", name, run(&bootable, options, said));
    }
    Ok(tally)
}

fn run(bootable: &Bootable, options: &[&str], said: &[&str]) -> Result<()> {
    let mut command = bootable.command(Clock::Instructions(SHIFT), Line::Pipes)?;
    command.args(options);
    let mut guest = Guest::start(&command, bootable.symbols.clone())?;
    let mut lines = Vec::new();
    loop {
        match guest.next_within(SILENCE) {
            Event::Line(line) => {
                ensure!(!is_kernel_fault(&line), "the kernel faulted: {line}");
                let ends = line.contains(END);
                lines.push(line);
                if ends {
                    break;
                }
            }
            Event::Record(_) | Event::Prompt { .. } => {}
            Event::End | Event::TimedOut => bail!("it does not end: {}", lines.join("\n")),
        }
    }
    for text in said {
        let is_said = lines.iter().any(|line| line.contains(text));
        ensure!(is_said, "nothing of `{text}` in {}", lines.join("\n"));
    }
    Ok(())
}
