//! Programs from outside: found, installed where that is allowed, else asked for.

use anyhow::{Context, Result, bail, ensure};
use leasehold_build::Workspace;
use leasehold_build::manifest::Qemu;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Debian's packages of emulators, and of the firmware that [`DEFAULT_FIRMWARE`] means.
const ARM_PACKAGE: &str = "qemu-system-arm";
const RISCV_PACKAGE: &str = "qemu-system-misc";
const FIRMWARE_PACKAGE: &str = "opensbi";
/// The value of `-bios` that is a file beside the emulator.
const DEFAULT_FIRMWARE: &str = "default";
/// The oldest emulator that the boards are known to run on.
const OLDEST_QEMU: u32 = 7;

/// Where a program is in `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// The standard library for a target is there, or gets there.
///
/// # Errors
/// Where rustup is missing or fails: the command to run.
pub(crate) fn target(workspace: &Workspace, target: &str) -> Result<()> {
    let output = Command::new("rustc")
        .current_dir(workspace.root())
        .args(["--print", "target-libdir", "--target", target])
        .output()
        .context("cannot run rustc: install Rust from https://rustup.rs")?;
    let folder = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && Path::new(folder.trim()).exists() {
        return Ok(());
    }
    let command = format!("rustup target add {target}");
    eprintln!("adding the missing target: {command}");
    let status = Command::new("rustup")
        .current_dir(workspace.root())
        .args(["target", "add", target])
        .status();
    ensure!(
        status.is_ok_and(|status| status.success()),
        "the compiler's target {target} is missing: {command}"
    );
    Ok(())
}

/// The emulator and its firmware are there and new enough, or get there.
///
/// # Errors
/// Where they cannot be installed: the command to run.
pub(crate) fn qemu(qemu: &Qemu) -> Result<()> {
    if find(&qemu.binary).is_none() || !has_firmware(qemu) {
        install(&qemu.binary, &packages(qemu))?;
    }
    let output = Command::new(&qemu.binary)
        .arg("--version")
        .output()
        .with_context(|| format!("cannot run {}", qemu.binary))?;
    let text = String::from_utf8_lossy(&output.stdout);
    match version(&text) {
        Some(major) if major >= OLDEST_QEMU => Ok(()),
        _ => bail!(
            "{} is too old ({}), it must be {OLDEST_QEMU}.0 or newer: {}",
            qemu.binary,
            text.lines().next().unwrap_or("no version").trim(),
            command(&packages(qemu))
        ),
    }
}

/// The major number in what `--version` prints.
fn version(text: &str) -> Option<u32> {
    text.split_once("version ")?
        .1
        .split('.')
        .next()?
        .parse()
        .ok()
}

/// Debian's packages that a chip's emulation needs.
fn packages(qemu: &Qemu) -> Vec<&'static str> {
    let mut packages = vec![if qemu.binary.contains("riscv") {
        RISCV_PACKAGE
    } else {
        ARM_PACKAGE
    }];
    if qemu.bios.as_deref() == Some(DEFAULT_FIRMWARE) {
        packages.push(FIRMWARE_PACKAGE);
    }
    packages
}

/// Whether the firmware that `-bios default` means lies where QEMU looks.
fn has_firmware(qemu: &Qemu) -> bool {
    let name = format!(
        "opensbi-{}-generic-fw_dynamic.bin",
        qemu.binary
            .strip_prefix("qemu-system-")
            .unwrap_or("riscv64")
    );
    let beside =
        find(&qemu.binary).and_then(|path| Some(path.parent()?.parent()?.join("share/qemu")));
    qemu.bios.as_deref() != Some(DEFAULT_FIRMWARE)
        || beside.is_some_and(|folder| folder.join(&name).exists())
        || Path::new("/usr/share/qemu").join(&name).exists()
}

/// Installs packages with the system's own client, or says how.
///
/// # Errors
/// The command to run, where this may not or cannot do it.
pub(crate) fn install(what: &str, packages: &[&str]) -> Result<()> {
    let command_line = command(packages);
    if !is_root() || find("apt-get").is_none() {
        bail!("{what} is missing: {command_line}");
    }
    eprintln!("installing {what}: {command_line}");
    let apt = |arguments: &[&str]| {
        Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(packages);
    // A fresh system has no lists of packages yet.
    let installed = apt(&arguments) || (apt(&["update"]) && apt(&arguments));
    if !installed {
        bail!("{what} could not be installed: {command_line}");
    }
    Ok(())
}

/// The command that installs packages, for whoever runs this.
pub(crate) fn command(packages: &[&str]) -> String {
    let sudo = if is_root() { "" } else { "sudo " };
    format!("{sudo}apt-get install {}", packages.join(" "))
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_chip_needs_is_asked_for() {
        let chip = |binary: &str, bios: Option<&str>| Qemu {
            binary: binary.to_owned(),
            machine: "any".to_owned(),
            cpu: None,
            memory: None,
            bios: bios.map(str::to_owned),
            options: Vec::new(),
        };
        for (binary, bios, expected) in [
            (
                "qemu-system-riscv64",
                Some("default"),
                &["qemu-system-misc", "opensbi"][..],
            ),
            ("qemu-system-riscv32", Some("none"), &["qemu-system-misc"]),
            ("qemu-system-arm", None, &["qemu-system-arm"]),
        ] {
            assert_eq!(packages(&chip(binary, bios)), expected);
        }
    }

    #[test]
    fn the_version_is_read_from_what_distributions_print() {
        assert_eq!(
            version("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)"),
            Some(7)
        );
        assert_eq!(version("QEMU emulator version 10.0.2"), Some(10));
        assert_eq!(version("QEMU emulator version 6.2.0 (Debian)"), Some(6));
        assert_eq!(version("something else"), None);
    }
}
