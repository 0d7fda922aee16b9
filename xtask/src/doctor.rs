//! `doctor`: what each verb needs on this machine, which of it is there, and the commands that install the rest. It
//! changes nothing.

use crate::emulator::Emulators;
use crate::needs::{self, Need, State, Work};
use crate::test;
use anyhow::{Result, ensure};
use leasehold_build::{Workspace, list};

/// A verb that needs something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Verb {
    /// Builds an app.
    Build,
    /// Boots it.
    Run,
    /// Runs all tests.
    Test,
    /// Measures.
    Bench,
    /// Debugs.
    Gdb,
    /// Checks the sources.
    Check,
    /// Runs Miri and its like.
    Prove,
}

impl Verb {
    /// What it does.
    fn work(self) -> Vec<Work> {
        match self {
            Self::Build => vec![Work::Build],
            Self::Run | Self::Bench => vec![Work::Boot],
            Self::Test => test::work(),
            Self::Gdb => vec![Work::Debug],
            Self::Check => vec![Work::Check],
            Self::Prove => vec![Work::Coverage, Work::Miri, Work::Mutants],
        }
    }

    /// Its name on the command line.
    fn name(self) -> String {
        let value = clap::ValueEnum::to_possible_value(&self);
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// What is needed, and for which verbs.
struct Row {
    need: Need,
    verbs: Vec<String>,
}

/// Shows what these verbs need, or all, on every board.
///
/// # Errors
/// When something is missing, or a manifest has a fault.
pub(crate) fn run(workspace: &Workspace, emulators: &Emulators, verbs: &[Verb]) -> Result<()> {
    let all = <Verb as clap::ValueEnum>::value_variants();
    let verbs = if verbs.is_empty() { all } else { verbs };
    let rows = rows(workspace, verbs)?;
    println!("{}", toolchain(workspace));
    let width = rows.iter().map(|row| row.need.name().len()).max();
    let mut missing = Vec::new();
    for Row { need, verbs } in &rows {
        let state = need.state(workspace, emulators);
        let (mark, text) = match &state {
            State::Met(what) => ("ok", what),
            State::Unmet(why) => ("--", why),
        };
        let name = need.name();
        let verbs = verbs.join(", ");
        println!(
            "{mark} {name:<0$}  {text} (for {verbs})",
            width.unwrap_or(0)
        );
        if let State::Unmet(_) = state {
            missing.push(need);
        }
    }
    if missing.is_empty() {
        println!("nothing is missing");
        return Ok(());
    }
    println!("what would bring in the rest:");
    for command in needs::commands(&missing, emulators) {
        println!("  {command}");
    }
    ensure!(missing.is_empty(), "{} missing", missing.len());
    Ok(())
}

/// Every need once, with its verbs.
fn rows(workspace: &Workspace, verbs: &[Verb]) -> Result<Vec<Row>> {
    let apps = list::apps(workspace.root());
    let images: Vec<(&str, &str)> = apps
        .iter()
        .flat_map(|(app, boards)| boards.iter().map(|board| (app.as_str(), board.as_str())))
        .collect();
    let mut rows: Vec<Row> = Vec::new();
    for verb in verbs {
        for need in needs::of(workspace, &verb.work(), &images)? {
            let name = verb.name();
            match rows.iter_mut().find(|row| row.need == need) {
                Some(row) => row.verbs.push(name),
                None => rows.push(Row {
                    need,
                    verbs: vec![name],
                }),
            }
        }
    }
    Ok(rows)
}

/// The compiler's version.
fn toolchain(workspace: &Workspace) -> String {
    let output = std::process::Command::new("rustc")
        .current_dir(workspace.root())
        .arg("--version")
        .output();
    output.map_or_else(
        |error| format!("cannot run rustc ({error}): install Rust from https://rustup.rs"),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root;

    #[test]
    fn each_need_has_its_verbs() {
        let workspace = Workspace::new(root::find().unwrap());
        let rows = rows(&workspace, &[Verb::Test, Verb::Gdb]).unwrap();
        let of = |name: &str| {
            let mut named = rows.iter().filter(|row| row.need.name() == name);
            let row = named.next().unwrap();
            assert!(named.next().is_none(), "{name} is there twice");
            row.verbs.join(" ")
        };
        assert_eq!(of("qemu-system-riscv64 with OpenSBI"), "test gdb");
        assert_eq!(of("target thumbv7em-none-eabi"), "test gdb");
        assert_eq!(of("debugger for arm"), "gdb");
        // Parts of the tests have needs of their own.
        assert_eq!(of("fsck.vfat"), "test");
        assert_eq!(of("chromium-headless-shell"), "test");
        assert!(rows.iter().all(|row| row.need.name() != "Miri"));
    }

    #[test]
    fn every_verb_is_in_the_command_line() {
        let command = <crate::Arguments as clap::CommandFactory>::command();
        for verb in <Verb as clap::ValueEnum>::value_variants() {
            assert!(command.find_subcommand(verb.name()).is_some(), "{verb:?}");
        }
    }
}
