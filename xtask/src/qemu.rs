//! The emulator's command line for an image.

use crate::emulator::Emulator;
use anyhow::{Context, Result};
use leasehold_build::Built;
use std::process::Command;

/// How the emulator keeps time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// The host's time.
    Real,
    /// An instruction takes two to this power nanoseconds (`-icount`), for the clocks of all devices. So executed
    /// instructions can be counted, every run is the same, and idle time is skipped.
    Instructions(u8),
}

impl Clock {
    /// For tests: 125 million instructions take a second, on every host, however busy it is.
    pub(crate) const STEADY: Self = Self::Instructions(3);
}

/// The emulator with an image and its devices; the serial line is not connected yet.
///
/// # Errors
/// When the chip has no emulator.
pub(crate) fn command(built: &Built, emulator: &Emulator, clock: Clock) -> Result<Command> {
    let plan = &built.plan;
    let chip = plan.chip.chip.name.get_ref();
    let qemu = plan
        .chip
        .qemu
        .as_ref()
        .with_context(|| format!("QEMU has no board for {chip}"))?;
    let mut command = Command::new(&emulator.program);
    if let Some(folder) = &emulator.data {
        command.arg("-L").arg(folder);
    }
    if let Some(folder) = &emulator.modules {
        command.env("QEMU_MODULE_DIR", folder);
    }
    command.args(["-machine", &qemu.machine]);
    for (option, value) in [
        ("-cpu", &qemu.cpu),
        ("-m", &qemu.memory),
        ("-bios", &qemu.bios),
    ] {
        if let Some(value) = value {
            command.args([option, value]);
        }
    }
    command
        .args(&qemu.options)
        .args(["-display", "none", "-no-reboot", "-kernel"])
        .arg(built.image());
    command.args(&plan.qemu_options);
    for device in &plan.qemu_devices {
        command.args(["-device", device]);
    }
    if let Clock::Instructions(shift) = clock {
        let count = format!("shift={shift},sleep=off");
        command.args(["-icount", &count, "-rtc", "clock=vm"]);
    }
    Ok(command)
}

/// The way in which this emulator can show a display in a window.
///
/// # Errors
/// When it has none.
pub(crate) fn window(emulator: &Emulator) -> Result<&'static str> {
    let mut command = Command::new(&emulator.program);
    if let Some(folder) = &emulator.modules {
        command.env("QEMU_MODULE_DIR", folder);
    }
    let output = command
        .args(["-display", "help"])
        .output()
        .context("cannot run the emulator")?;
    let known = String::from_utf8_lossy(&output.stdout).into_owned();
    ["gtk", "sdl"]
        .into_iter()
        .find(|window| known.lines().any(|line| line.trim() == *window))
        .with_context(|| {
            format!(
                "{emulator} opens no window; in Debian `apt-get install qemu-system-gui` brings that in"
            )
        })
}
