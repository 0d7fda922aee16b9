//! The test suite on the model of a board (`chips/th1520/model`), where the model has the places of QEMU's `virt`. What
//! passes on QEMU passes there, or the model's core is wrong.

use super::suite;
use super::tally::Tally;
use crate::build::{self, Bootable};
use crate::emulator::Emulators;
use crate::guest::Guest;
use crate::machine;
use anyhow::{Context, Result};
use leasehold_build::Workspace;
use std::process::Command;

/// The board whose image runs.
pub(super) const BOARD: &str = "virt-rv64";
/// The model's package and program.
const MODEL: &str = "th1520-model";
/// As on QEMU, 125 million instructions take a second.
const NANOSECONDS: &str = "8";
/// Why a test fails that needs the device that only QEMU has.
const ABSENT: &str = "edu's identity reads 0xffffffff";

/// Random programs that are compared with QEMU, and of how many steps each is.
const PROGRAMS: u64 = 3;
const STEPS: u32 = 1500;
/// Instructions of the suite that are: so many that tasks run and call each other.
const INSTRUCTIONS: u32 = 60_000;

/// Builds the model and the image, runs the suite, and compares the model with QEMU instruction by instruction.
///
/// # Errors
/// They could not be built, or the suite did not come to its end.
pub(super) fn suite_on_model(workspace: &Workspace, emulators: &Emulators) -> Result<Tally> {
    let program = machine::build(workspace, MODEL)?;
    let Bootable {
        built,
        machine,
        symbols,
        ..
    } = build::bootable(workspace, emulators, suite::APP, BOARD)?;
    let emulator = machine.emulator("release")?;
    let image = built.folder.join("image.elf");
    let mut command = Command::new(&program);
    command
        .args(["run", "--nanoseconds", NANOSECONDS])
        .arg(&image);
    let mut tally = suite::run(Guest::start(&command, symbols)?, Some(ABSENT))?;
    let lockstep = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.args(["lockstep", "--qemu"]).arg(&emulator.program);
        if let Some(folder) = &emulator.data {
            command.arg("--data").arg(folder);
        }
        if let Some(folder) = &emulator.modules {
            command.env("QEMU_MODULE_DIR", folder);
        }
        command.args(arguments).status().context("the model")
    };
    let image = image.to_string_lossy().into_owned();
    let (last, steps, instructions) = (
        PROGRAMS.to_string(),
        STEPS.to_string(),
        INSTRUCTIONS.to_string(),
    );
    // A run is the same each time, and from a snapshot.
    let mut repeat = Command::new(&program);
    let repeated = repeat.arg("repeat").arg(&image).status();
    if repeated.context("the model")?.success() {
        tally.passed += 1;
    } else {
        tally.failed += 1;
    }
    for arguments in [
        &["--instructions", &steps, "--random", "1", &last][..],
        &["--instructions", &instructions, &image],
    ] {
        if lockstep(arguments)?.success() {
            tally.passed += 1;
        } else {
            tally.failed += 1;
        }
    }
    Ok(tally)
}
