//! The emulator's command line for an image.

use crate::emulator::Emulator;
use anyhow::{Context, Result};
use leasehold_build::Built;
use leasehold_build::plan::Plan;
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

/// Which of the devices that its manifest names a machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Devices {
    /// All of them; the command's user adds the drive `disk`.
    All,
    /// Those that need no image of a disk.
    WithoutDisk,
    /// The same, and none of a class.
    Plain,
}

/// What a device that needs the image of the disk says.
const DISK: &str = "drive=disk";

impl Devices {
    /// Words and devices of a manifest.
    fn of(self, plan: &Plan) -> (Vec<&str>, Vec<&str>) {
        let classes = (self != Self::Plain).then_some(&plan.qemu_classes);
        let options = classes.iter().flat_map(|classes| &classes.options);
        let devices = classes.iter().flat_map(|classes| &classes.devices);
        let fits =
            |device: &&String| self == Self::All || !device.split(',').any(|word| word == DISK);
        let devices = plan.qemu_devices.iter().chain(devices).filter(fits);
        let options = plan.qemu_options.iter().chain(options);
        (
            options.map(String::as_str).collect(),
            devices.map(String::as_str).collect(),
        )
    }
}

/// The emulator with an image and its devices; the serial line is not connected yet.
///
/// # Errors
/// When the chip has no emulator.
pub(crate) fn command(
    built: &Built,
    emulator: &Emulator,
    clock: Clock,
    devices: Devices,
) -> Result<Command> {
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
    let (options, devices) = devices.of(plan);
    command.args(options);
    for device in devices {
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
