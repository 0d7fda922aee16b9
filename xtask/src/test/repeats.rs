//! An image for a board that a model stands for: it is the same run each time, to the instruction, and a snapshot goes
//! on as the original does. That is so below each firmware, with lines that are written back at random.

use super::tally::Tally;
use crate::build::Bootable;
use crate::machine::Line;
use crate::qemu::Clock;
use anyhow::{Context, Result, ensure};
use std::process::Command;

/// How much of the model's time a run has, in milliseconds: tasks have begun by then.
const MILLISECONDS: &str = "30";

/// A test, and the model's words for a board.
const BOARDS: &[(&str, &str)] = &[
    (
        "a_run_is_the_same_again_and_from_a_snapshot_below_the_vendor_s_firmware",
        "th1520",
    ),
    (
        "a_run_is_the_same_again_and_from_a_snapshot_below_mainline_s",
        "th1520-mainline",
    ),
];

/// Runs them all.
///
/// # Errors
/// When the model does not start.
pub(super) fn run(bootable: &Bootable) -> Result<Tally> {
    let mut tally = Tally::default();
    for (name, board) in BOARDS {
        tally.judge("repeats", name, repeat(bootable, board));
    }
    Ok(tally)
}

fn repeat(bootable: &Bootable, board: &str) -> Result<()> {
    let usual = bootable.command(Clock::Instructions(0), Line::Pipes)?;
    let mut command = Command::new(usual.get_program());
    command
        .args(["repeat", "--board", board, "--seed", "7"])
        .args(["--early-write-back", "20000"])
        .args(["--milliseconds", MILLISECONDS])
        .arg(bootable.built.folder.join("image.elf"));
    let ended = command.output().context("the model")?;
    ensure!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    Ok(())
}
