//! What each verb needs of the machine that it runs on. It is looked for, and installed before the work begins, or the
//! user is asked to install it.

mod remedy;
mod table;

pub(crate) use table::{Work, of};

use crate::emulator::Emulators;
use crate::tools;
use anyhow::{Result, bail};
use leasehold_build::Workspace;
use remedy::Remedy;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian's packages.
const ARM_PACKAGE: &str = "qemu-system-arm";
const RISCV_PACKAGE: &str = "qemu-system-misc";
const FIRMWARE_PACKAGE: &str = "opensbi";
const DEBUGGER_PACKAGE: &str = "gdb-multiarch";
const CHECKER_PACKAGE: &str = "dosfstools";
const BROWSER_PACKAGE: &str = "chromium-headless-shell";

/// What checks a file system, also where the user's path leads to no system programs.
const CHECKERS: [&str; 3] = ["fsck.vfat", "/usr/sbin/fsck.vfat", "/sbin/fsck.vfat"];

/// Browsers that speak the protocol in which one is driven.
const BROWSERS: [&str; 4] = [
    BROWSER_PACKAGE,
    "chromium",
    "chromium-browser",
    "google-chrome",
];

/// Debuggers that may know a machine.
const DEBUGGERS: [&str; 4] = [
    DEBUGGER_PACKAGE,
    "riscv64-unknown-elf-gdb",
    "arm-none-eabi-gdb",
    "gdb",
];

/// One thing from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// The standard library for a target.
    Target(String),
    /// A part of the toolchain: its name, and the arguments of cargo that show its version.
    Component(&'static str, &'static [&'static str]),
    /// The compiler's tools that read counters.
    LlvmTools,
    /// Miri, with a nightly compiler.
    Miri,
    /// A program that cargo builds: its name, also cargo's for it, and its version.
    Program(&'static str, &'static str, &'static str),
    /// An emulator, and whether with its firmware.
    Emulator(String, bool),
    /// A debugger that knows the machine of this name.
    Debugger(&'static str),
    /// A program that checks FAT file systems.
    Checker,
    /// A browser that needs no window.
    Browser,
}

/// What lists small changes of sources. The list of those that no test notices is of this version's.
pub(crate) const MUTANTS: Need = Need::Program("cargo-mutants", "mutants", "27.1.0");
/// The lints.
pub(crate) const CLIPPY: Need = Need::Component("clippy", &["clippy", "--version"]);
/// The formatter.
pub(crate) const RUSTFMT: Need = Need::Component("rustfmt", &["fmt", "--version"]);

/// Whether a need is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It is there: what there is.
    Met(String),
    /// It is not: why.
    Unmet(String),
}

impl Need {
    /// What a person calls it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Target(target) => format!("target {target}"),
            Self::Component(name, _) => (*name).to_owned(),
            Self::LlvmTools => "llvm-tools".to_owned(),
            Self::Miri => "Miri".to_owned(),
            Self::Program(name, _, version) => format!("{name} {version}"),
            Self::Emulator(name, false) => name.clone(),
            Self::Emulator(name, true) => format!("{name} with OpenSBI"),
            Self::Debugger(machine) => format!("debugger for {machine}"),
            Self::Checker => CHECKERS[0].to_owned(),
            Self::Browser => BROWSERS[0].to_owned(),
        }
    }

    /// Looks whether it is there.
    pub(crate) fn state(&self, workspace: &Workspace, emulators: &Emulators) -> State {
        let found = match self {
            Self::Target(target) => library(workspace, &["--target", target]),
            Self::Component(_, arguments) => first_line(workspace.cargo().args(*arguments)),
            Self::LlvmTools => llvm_tools(workspace),
            Self::Miri => first_line(Command::new("rustup").args([
                "run",
                "nightly",
                "cargo",
                "miri",
                "--version",
            ])),
            Self::Program(_, name, version) => {
                let found = first_line(workspace.cargo().args([*name, "--version"]));
                found.filter(|line| line.ends_with(*version))
            }
            Self::Emulator(name, with_firmware) => {
                return match emulators.find(name, *with_firmware) {
                    Ok(emulator) => State::Met(emulator.to_string()),
                    Err(error) => State::Unmet(format!("{error:#}")),
                };
            }
            Self::Debugger(machine) => debugger(machine).map(|program| program.to_owned()),
            Self::Checker => checker().map(|program| program.to_owned()),
            Self::Browser => browser().map(|program| program.to_owned()),
        };
        found.map_or_else(|| State::Unmet("missing".to_owned()), State::Met)
    }

    /// What brings it in.
    fn remedy(&self, emulators: &Emulators) -> Remedy {
        match self {
            Self::Target(target) => Remedy::Target(target.clone()),
            Self::Component(name, _) => Remedy::Component(name),
            Self::LlvmTools => Remedy::Component("llvm-tools"),
            Self::Miri => Remedy::Toolchain("nightly", "miri,rust-src"),
            Self::Program(name, _, version) => Remedy::Program(name, version),
            Self::Emulator(..) if !emulators.are_installed() => Remedy::AnotherFolder,
            Self::Emulator(name, with_firmware) => Remedy::Packages(packages(name, *with_firmware)),
            Self::Debugger(_) => Remedy::Packages(vec![DEBUGGER_PACKAGE]),
            Self::Checker => Remedy::Packages(vec![CHECKER_PACKAGE]),
            Self::Browser => Remedy::Packages(vec![BROWSER_PACKAGE]),
        }
    }
}

/// Debian's packages that have an emulator, and its firmware if that is needed.
fn packages(emulator: &str, with_firmware: bool) -> Vec<&'static str> {
    let mut packages = vec![if emulator.contains("riscv") {
        RISCV_PACKAGE
    } else {
        ARM_PACKAGE
    }];
    if with_firmware {
        packages.push(FIRMWARE_PACKAGE);
    }
    packages
}

/// The folder of the standard library, if it is there.
fn library(workspace: &Workspace, arguments: &[&str]) -> Option<String> {
    let folder = first_line(
        Command::new("rustc")
            .current_dir(workspace.root())
            .args(["--print", "target-libdir"])
            .args(arguments),
    )?;
    Path::new(&folder).exists().then_some(folder)
}

/// The folder of the tools that read counters, if it is there.
fn llvm_tools(workspace: &Workspace) -> Option<String> {
    let folder = tools_folder(workspace)?;
    let is_there = folder.join("llvm-cov").exists() && folder.join("llvm-profdata").exists();
    is_there.then(|| folder.display().to_string())
}

/// Where the toolchain keeps the component `llvm-tools`.
pub(crate) fn tools_folder(workspace: &Workspace) -> Option<PathBuf> {
    Some(Path::new(&library(workspace, &[])?).with_file_name("bin"))
}

/// A debugger that knows the machine.
pub(crate) fn debugger(machine: &str) -> Option<&'static str> {
    let set = format!("set architecture {machine}");
    let knows = |program: &&str| {
        tools::find(program).is_some()
            && Command::new(program)
                .args(["-nx", "-batch", "-ex", &set])
                .output()
                .is_ok_and(|output| {
                    output.status.success()
                        && !output.stderr.windows(9).any(|words| words == b"Undefined")
                })
    };
    DEBUGGERS.into_iter().find(knows)
}

/// A program that checks FAT file systems.
pub(crate) fn checker() -> Option<&'static str> {
    let is_there = |program: &&str| match Path::new(program).is_absolute() {
        true => Path::new(program).exists(),
        false => tools::find(program).is_some(),
    };
    CHECKERS.into_iter().find(is_there)
}

/// A browser that can be driven.
pub(crate) fn browser() -> Option<&'static str> {
    BROWSERS
        .into_iter()
        .find(|program| tools::find(program).is_some())
}

/// The first line that a program prints, if it succeeds.
fn first_line(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|it| it.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.lines().next()?.trim().to_owned())
}

/// Ensures that all of these are there before anything else is done.
///
/// # Errors
/// Where some cannot be brought in: each, and the commands to run.
pub(crate) fn ensure(workspace: &Workspace, emulators: &Emulators, needs: &[Need]) -> Result<()> {
    let unmet = || -> Vec<(&Need, String)> {
        let state = |need: &Need| need.state(workspace, emulators);
        let states = needs.iter().map(|need| (need, state(need)));
        let unmet = states.filter_map(|(need, state)| match state {
            State::Met(_) => None,
            State::Unmet(why) => Some((need, why)),
        });
        unmet.collect()
    };
    if unmet().is_empty() {
        return Ok(());
    }
    // Another verb may bring in the same at this moment.
    let _lock = workspace.lock_for("install")?;
    let missing = unmet();
    if missing.is_empty() {
        return Ok(());
    }
    let needs: Vec<&Need> = missing.iter().map(|(need, _)| *need).collect();
    for command in commands(&needs, emulators) {
        command.run(workspace.root());
    }
    let missing = unmet();
    if missing.is_empty() {
        return Ok(());
    }
    let needs: Vec<&Need> = missing.iter().map(|(need, _)| *need).collect();
    let mut text: Vec<String> = missing
        .iter()
        .map(|(need, why)| format!("{}: {why}", need.name()))
        .collect();
    text.push("what would bring it in:".to_owned());
    let commands = commands(&needs, emulators);
    text.extend(commands.iter().map(|command| format!("  {command}")));
    bail!("{}", text.join("\n"));
}

/// The commands that bring these in, as few as can be.
pub(crate) fn commands(needs: &[&Need], emulators: &Emulators) -> Vec<remedy::Action> {
    let remedies: Vec<Remedy> = needs.iter().map(|need| need.remedy(emulators)).collect();
    remedy::actions(&remedies, tools::is_root())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_chip_needs_is_asked_for() {
        for (emulator, with_firmware, expected) in [
            (
                "qemu-system-riscv64",
                true,
                &["qemu-system-misc", "opensbi"][..],
            ),
            ("qemu-system-riscv32", false, &["qemu-system-misc"]),
            ("qemu-system-arm", false, &["qemu-system-arm"]),
        ] {
            assert_eq!(packages(emulator, with_firmware), expected);
        }
    }

    #[test]
    fn a_target_that_nobody_has_is_missing_and_the_host_s_own_is_there() {
        let workspace = Workspace::new(crate::root::find().unwrap());
        let state =
            |name: &str| Need::Target(name.to_owned()).state(&workspace, &Emulators::default());
        assert_eq!(state("no-such-target"), State::Unmet("missing".to_owned()));
        assert!(library(&workspace, &[]).is_some());
    }

    #[test]
    fn what_cannot_be_brought_in_is_said_with_its_command() {
        let workspace = Workspace::new(crate::root::find().unwrap());
        let folder = std::env::temp_dir();
        let emulators = Emulators::new(Some(&folder)).unwrap();
        let need = Need::Emulator("qemu-system-none".to_owned(), false);
        let error = ensure(&workspace, &emulators, &[need]).unwrap_err();
        let error = error.to_string();
        for part in ["no qemu-system-none in", "name another folder with --qemu"] {
            assert!(error.contains(part), "no `{part}` in: {error}");
        }
    }
}
