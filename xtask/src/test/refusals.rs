//! An image for a board that a model stands for, on what it is not for: it must say so, and do nothing else.

use super::tally::Tally;
use crate::allowance::Allowance;
use crate::build::Bootable;
use crate::guest::{Event, Guest};
use crate::machine::Line;
use crate::qemu::Clock;
use anyhow::{Result, bail, ensure};
use std::time::Duration;

/// How long of its own time the machine may take to say it, and then be silent.
const LIMIT: Duration = Duration::from_secs(20);
const SILENCE: Duration = Duration::from_secs(1);

/// A test, the model's options for it, and what must be said.
const REFUSALS: &[(&str, &[&str], &str)] = &[
    (
        "another_processor_is_refused",
        &["--other-processor"],
        "this processor has vendor 0x0, architecture 0x0",
    ),
    (
        "page_attributes_that_are_off_are_refused",
        &["--no-attributes"],
        "the firmware has them off: sxstatus 0x40438000",
    ),
    (
        "a_controller_that_is_not_delegated_is_refused",
        &["--not-delegated"],
        "has not delegated the interrupt controller",
    ),
    (
        "another_board_is_refused_by_name",
        &["--other-board", "Some Other Board"],
        "this is Some Other Board",
    ),
    (
        "too_little_memory_is_refused",
        &["--told-memory", "3145728"],
        "memory ends at 0x0000000000300000",
    ),
    (
        "memory_that_the_tree_reserves_is_not_taken",
        &["--told-reserved", "4194304:4096"],
        "and the firmware reserves from 0x0000000000400000 to 0x0000000000400fff",
    ),
    (
        "without_a_device_tree_it_does_not_start",
        &["--device-tree", "/dev/null"],
        "there is no device tree at 0x0000000003800000",
    ),
];

/// Runs them all.
///
/// # Errors
/// When the model does not start.
pub(super) fn run(bootable: &Bootable) -> Result<Tally> {
    let mut tally = Tally::default();
    for (name, options, said) in REFUSALS {
        tally.judge("refusals", name, refusal(bootable, options, said));
    }
    Ok(tally)
}

fn refusal(bootable: &Bootable, options: &[&str], said: &str) -> Result<()> {
    let mut command = bootable.command(Clock::Instructions(0), Line::Pipes)?;
    command.args(options);
    let mut guest = Guest::start(&command, bootable.symbols.clone())?;
    loop {
        match guest.event(&mut Allowance::new(LIMIT)) {
            Event::Line(line) if line.contains(said) => break,
            Event::Line(line) => ensure!(
                !line.contains(" tasks, "),
                "it goes on: {line}, and nothing of `{said}`"
            ),
            Event::TimedOut => bail!("nothing of `{said}` in: {}", guest.pending()),
            other => bail!("{other:?} before `{said}`"),
        }
    }
    match guest.event(&mut Allowance::new(SILENCE)) {
        Event::TimedOut => Ok(()),
        other => bail!("it goes on: {other:?}"),
    }
}
