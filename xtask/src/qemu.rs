//! The emulator's command line for an image.

use crate::tools;
use anyhow::{Context, Result};
use leasehold_build::Built;
use std::process::Command;

/// How the emulator keeps time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// The host's time.
    Real,
    /// One nanosecond an instruction (`-icount shift=0`): executed instructions can be counted,
    /// and each run is like the one before.
    Instructions,
}

/// The emulator with an image and its devices; the serial line is not connected yet.
///
/// # Errors
/// When the chip has no emulator, or that cannot be had.
pub(crate) fn command(built: &Built, clock: Clock) -> Result<Command> {
    let plan = &built.plan;
    let chip = plan.chip.chip.name.get_ref();
    let qemu = plan
        .chip
        .qemu
        .as_ref()
        .with_context(|| format!("QEMU has no board for {chip}"))?;
    tools::qemu(qemu)?;
    let mut command = Command::new(&qemu.binary);
    command
        .args([
            "-machine",
            &qemu.machine,
            "-cpu",
            &qemu.cpu,
            "-smp",
            "1",
            "-m",
            &qemu.memory,
        ])
        .args([
            "-bios",
            &qemu.bios,
            "-display",
            "none",
            "-no-reboot",
            "-kernel",
        ])
        .arg(built.image());
    for device in &plan.qemu_devices {
        command.args(["-device", device]);
    }
    if clock == Clock::Instructions {
        command.args(["-icount", "shift=0"]);
    }
    Ok(command)
}
