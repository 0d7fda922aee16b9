//! The app that tests the kernel and userlib on a board.

use super::part::{OnBoard, Part, Runs};
use super::tally::Tally;
use crate::build::Bootable;
use crate::guest::{Event, Guest};
use crate::machine::{Line, Machine};
use crate::qemu::Clock;
use anyhow::{Error, Result, bail, ensure};
use leasehold_build::Workspace;
use std::time::Duration;

/// The app.
pub(super) const APP: &str = "testsuite";
/// A board that prints nothing for this long of the emulator's own time hangs, whatever its own watchdog says.
const SILENCE: Duration = Duration::from_secs(60);

pub(super) const PART: OnBoard = OnBoard {
    part: Part::Board,
    what: "tests",
    app: APP,
    task: None,
    needs: &[],
    runs: Runs::Always,
    tell,
};

/// The suite on a board.
fn tell(_workspace: &Workspace, bootable: Bootable) -> Result<Tally> {
    let mut command = bootable.command(Clock::STEADY, Line::Pipes)?;
    if let Machine::Model(..) = bootable.machine {
        // The suite tests the kernel, and has no drivers that open gates.
        command.arg("--open");
    }
    run(Guest::start(&command, bootable.symbols)?, None)
}

/// What comes before the outcome in the line of a test that failed for this reason.
fn without<'l>(line: &'l str, reason: &str) -> Option<&'l str> {
    line.strip_suffix(reason)?.strip_suffix("FAILED: ")
}

/// The suite in a program that stands for a board. A test that fails for the reason `absent` has nothing to test there,
/// and counts as skipped.
///
/// # Errors
/// When it does not come to its end, or its sum is not what came.
pub(super) fn run(mut guest: Guest, absent: Option<&str>) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut closing = None;
    let mut excused = 0;
    loop {
        match guest.next_within(SILENCE)? {
            Event::Line(line) => match absent.and_then(|reason| without(&line, reason)) {
                None => println!("{line}"),
                Some(test) => {
                    println!("{test}skipped: {}", absent.unwrap_or_default());
                    excused += 1;
                }
            },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_test_that_failed_for_the_reason_is_excused() {
        let line = "test a::b ... FAILED: it is away";
        assert_eq!(without(line, "it is away"), Some("test a::b ... "));
        assert_eq!(without(line, "it is there"), None);
        assert_eq!(without("test a::b ... ok: it is away", "it is away"), None);
    }
}
