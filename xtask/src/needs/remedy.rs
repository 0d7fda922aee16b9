//! How to install missing needs: as few commands as possible, run if that is allowed, otherwise shown.

use crate::tools;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

/// What brings in one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// A target of the toolchain.
    Target(String),
    /// A component of the toolchain.
    Component(&'static str),
    /// Another toolchain, with these components.
    Toolchain(&'static str, &'static str),
    /// A program, in this version, built from its sources.
    Program(&'static str, &'static str),
    /// Packages of the system.
    Packages(Vec<&'static str>),
    /// Nothing can be installed: the user named the folder of emulators.
    AnotherFolder,
}

/// A command for the machine, or for the person in front of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Rustup with these arguments.
    Rustup(Vec<String>),
    /// Cargo with these arguments.
    Cargo(Vec<String>),
    /// The package manager installs these; whether this may be done here.
    Packages(Vec<&'static str>, bool),
    /// An advice for what only a person can do.
    Advice(&'static str),
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rustup(arguments) => write!(formatter, "rustup {}", arguments.join(" ")),
            Self::Cargo(arguments) => write!(formatter, "cargo {}", arguments.join(" ")),
            Self::Packages(packages, may_install) => {
                let sudo = if *may_install { "" } else { "sudo " };
                write!(formatter, "{sudo}apt-get install {}", packages.join(" "))
            }
            Self::Advice(text) => formatter.write_str(text),
        }
    }
}

/// One command for all targets, one for all components, one for all packages.
pub(super) fn actions(remedies: &[Remedy], is_root: bool) -> Vec<Action> {
    let words = |text: &str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
    let [mut targets, mut components] = ["target add", "component add"].map(words);
    let (mut packages, mut others) = (Vec::new(), Vec::new());
    for remedy in remedies {
        match remedy {
            Remedy::Target(target) => add(&mut targets, target.clone()),
            Remedy::Component(component) => add(&mut components, (*component).to_owned()),
            Remedy::Packages(names) => names.iter().for_each(|name| add(&mut packages, *name)),
            Remedy::Toolchain(name, components) => {
                let install = format!("toolchain install {name} --component {components}");
                add(&mut others, Action::Rustup(words(&install)));
            }
            Remedy::Program(name, version) => {
                let install = format!("install --locked --version {version} {name}");
                add(&mut others, Action::Cargo(words(&install)));
            }
            Remedy::AnotherFolder => {
                add(
                    &mut others,
                    Action::Advice("name another folder with --qemu"),
                );
            }
        }
    }
    let added = [targets, components].into_iter();
    let mut actions: Vec<Action> = added
        .filter(|arguments| arguments.len() > 2)
        .map(Action::Rustup)
        .collect();
    if !packages.is_empty() {
        actions.push(Action::Packages(packages, is_root));
    }
    actions.extend(others);
    actions
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

impl Action {
    /// Runs the command if that is allowed. The caller looks again to see whether it helped.
    pub(super) fn run(&self, root: &Path) {
        match self {
            Self::Rustup(arguments) => self.run_program("rustup", arguments, root),
            Self::Cargo(arguments) => self.run_program("cargo", arguments, root),
            Self::Packages(packages, true) if tools::find("apt-get").is_some() => {
                eprintln!("installing what is missing: {self}");
                install(Path::new("apt-get"), packages);
            }
            Self::Packages(..) | Self::Advice(_) => {}
        }
    }
}

impl Action {
    fn run_program(&self, program: &str, arguments: &[String], root: &Path) {
        eprintln!("adding what is missing: {self}");
        let mut command = Command::new(program);
        // In the repository, so that it is for the toolchain of rust-toolchain.toml.
        let status = command.current_dir(root).args(arguments).status();
        if let Err(error) = status {
            eprintln!("cannot run {program}: {error}");
        }
    }
}

/// So many seconds apt waits where somebody else is installing something.
const PATIENCE: &str = "DPkg::Lock::Timeout=600";

/// Installs packages with the system's own client.
fn install(client: &Path, packages: &[&str]) {
    let apt = |arguments: &[&str]| {
        Command::new(client)
            .args(["-o", PATIENCE])
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(packages);
    // A fresh system has no lists of packages yet.
    if !apt(&arguments) && apt(&["update"]) {
        apt(&arguments);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two verbs may begin on a new machine at the same time, as in continuous integration.
    #[test]
    fn two_installations_at_a_time_wait_for_each_other() {
        let name = format!("leasehold-client-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let client = folder.join("client");
        let log = folder.join("log");
        let script = format!("#!/bin/sh\necho \"$@\" >> {}\n", log.display());
        std::fs::write(&client, script).unwrap();
        let mut rights = std::fs::metadata(&client).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut rights, 0o755);
        std::fs::set_permissions(&client, rights).unwrap();
        install(&client, &["one", "two"]);
        let words = std::fs::read_to_string(&log).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(
            words,
            "-o DPkg::Lock::Timeout=600 install -y --no-install-recommends one two\n"
        );
    }

    #[test]
    fn what_is_alike_goes_into_one_command() {
        let remedies = [
            Remedy::Target("one".to_owned()),
            Remedy::Packages(vec!["qemu-system-misc", "opensbi"]),
            Remedy::Component("clippy"),
            Remedy::Target("two".to_owned()),
            Remedy::Packages(vec!["qemu-system-misc"]),
            Remedy::Component("rustfmt"),
            Remedy::Toolchain("nightly", "miri,rust-src"),
            Remedy::Program("cargo-mutants", "27.1.0"),
            Remedy::AnotherFolder,
        ];
        let show = |is_root| -> Vec<String> {
            let actions = actions(&remedies, is_root);
            actions.iter().map(Action::to_string).collect()
        };
        let expected = [
            "rustup target add one two",
            "rustup component add clippy rustfmt",
            "apt-get install qemu-system-misc opensbi",
            "rustup toolchain install nightly --component miri,rust-src",
            "cargo install --locked --version 27.1.0 cargo-mutants",
            "name another folder with --qemu",
        ];
        assert_eq!(show(true), expected);
        assert_eq!(
            show(false)[2],
            "sudo apt-get install qemu-system-misc opensbi"
        );
        assert_eq!(actions(&[], true), []);
    }
}
