//! The test suite on the model of a board (`chips/th1520/model`), where the model has the places of QEMU's `virt`. What
//! passes on QEMU passes there, or the model's core is wrong. Then an app of the board, below real firmware.

use super::suite;
use super::tally::Tally;
use super::waves;
use crate::build::{self, Bootable};
use crate::emulator::Emulators;
use crate::guest::Guest;
use crate::machine;
use anyhow::{Context, Result, ensure};
use leasehold_build::Workspace;
use std::process::Command;

/// The board whose image runs.
pub(super) const BOARD: &str = "virt-rv64";
/// The model's package and program.
const MODEL: &str = "th1520-model";
/// The emulator whose firmware is used.
const EMULATOR: &str = "qemu-system-riscv64";
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
    let outcome = below_firmware(workspace, emulators);
    match outcome.transpose() {
        Some(outcome) => tally.judge("firmware", "an_app_runs_below_opensbi", outcome),
        None => tally.skipped += 1,
    }
    Ok(tally)
}

/// The app and the board that run below real firmware, and the fan's pad.
pub(super) const BELOW: (&str, &str) = ("fan", "th1520");
const PAD: &str = "gpio3-3";
/// What the firmware must know to run on the board: its timer. OpenSBI has had it since 1.2.
const TIMER: &[u8] = b"thead,c900-clint";
/// Drivers that crash. Not the console's: what is typed ahead would be lost with it.
const CRASHES: [&str; 2] = ["pwm", "control"];

/// The emulator's OpenSBI, as it is, in machine mode: the app starts, waits by the firmware's timer, goes on when
/// drivers end, and turns the board off. Nothing if the firmware is older than the board.
fn below_firmware(workspace: &Workspace, emulators: &Emulators) -> Result<Option<()>> {
    let firmware = emulators.find(EMULATOR, true)?.firmware;
    let firmware = firmware.context("the emulator's firmware")?;
    let path = firmware.display().to_string();
    let code = std::fs::read(&firmware).with_context(|| path.clone())?;
    if !code.windows(TIMER.len()).any(|part| part == TIMER) {
        println!("skipped: {path} is older than the board");
        return Ok(None);
    }
    println!("{path} on the model of the board");
    let bootable = build::bootable(workspace, emulators, BELOW.0, BELOW.1)?;
    let mut lines = vec!["sleep 300".to_owned()];
    for task in CRASHES {
        lines.extend([format!("crash {task}"), "sleep 400".to_owned()]);
    }
    let run = waves::run(&bootable, PAD, &["--firmware", &path], &lines)?;
    run.when("fan: at 20 %")?;
    for task in CRASHES {
        run.when(&format!("{task}: started again"))?;
    }
    let is = run.waves.last().context("no wave")?.1;
    ensure!(is.0 != 0, "the fan is off: {:?}", run.waves);
    Ok(Some(()))
}
