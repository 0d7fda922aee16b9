//! `prove`: Miri over the kernel's core and the libraries, a check that it executes their unsafe code, loom's models of
//! `Revocable`, mutants of the kernel's core, and breaks that a board's model must notice.

mod breaks;
mod coverage;
mod executed;
mod mutants;
mod scan;

use crate::emulator::Emulators;
use crate::needs::{self, Work};
use crate::stages::stage;
use anyhow::{Result, ensure};
use leasehold_build::Workspace;
use std::process::Command;

/// Crates whose whole test suites run under Miri.
const UNDER_MIRI: &[&str] = &["leasehold-core", "for-lt", "userlib"];

/// Those among them that have unsafe code, and where.
const WITH_UNSAFE: &[(&str, &str)] =
    &[("for-lt", "userlib/for_lt/src"), ("userlib", "userlib/src")];

/// What there is to prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Every interleaving of `Revocable`'s users.
    Loom,
    /// All tests under Miri.
    Miri,
    /// Every unsafe block is executed by one of those tests, or is listed.
    Executed,
    /// Every small change of the kernel's core makes a test fail, or is listed.
    Mutants,
    /// The model of a board notices each break of kernel and drivers that is listed.
    Breaks,
}

/// Proves one part.
type Proof<'a> = &'a dyn Fn(&Workspace) -> Result<()>;

/// Runs all, or one part; Miri needs a nightly compiler. `file` is a part of the paths of those sources whose mutants
/// or breaks are tried; without it, all are.
///
/// # Errors
/// When something is found, or when what that takes is missing and cannot be added: the command to run. When there is a
/// `file`, but neither the mutants nor the breaks alone are wanted.
pub(crate) fn run(workspace: &Workspace, only: Option<Part>, file: Option<&str>) -> Result<()> {
    ensure!(
        file.is_none() || matches!(only, Some(Part::Mutants | Part::Breaks)),
        "`--file` is for `--only mutants` and `--only breaks`"
    );
    let changes = |workspace: &Workspace| changes(workspace, file);
    let broken = |workspace: &Workspace| broken(workspace, file);
    let parts: [(Part, Proof<'_>, &[Work]); 5] = [
        (Part::Loom, &loom, &[]),
        (Part::Executed, &unsafe_code, &[Work::Coverage]),
        (Part::Miri, &miri, &[Work::Miri]),
        (Part::Mutants, &changes, &[Work::Mutants]),
        (Part::Breaks, &broken, &[Work::Boot]),
    ];
    let wanted = parts
        .iter()
        .filter(|(part, ..)| only.is_none_or(|only| only == *part));
    let work: Vec<Work> = wanted
        .clone()
        .flat_map(|(.., work)| *work)
        .copied()
        .collect();
    let apps = breaks::apps(workspace)?;
    let images: Vec<(&str, &str)> = if work.contains(&Work::Boot) {
        apps.iter()
            .map(|(app, board)| (app.as_str(), *board))
            .collect()
    } else {
        Vec::new()
    };
    let needs = needs::of(workspace, &work, &images)?;
    needs::ensure(workspace, &Emulators::default(), &needs)?;
    // A failure of one says nothing about the others, so all run.
    let outcomes: Vec<_> = wanted.map(|(_, prove, _)| prove(workspace)).collect();
    outcomes.into_iter().collect()
}

fn unsafe_code(workspace: &Workspace) -> Result<()> {
    stage("unsafe code: executed, or listed", || {
        executed::check(workspace, WITH_UNSAFE)
    })
}

fn changes(workspace: &Workspace, file: Option<&str>) -> Result<()> {
    stage(
        "small changes of the kernel's core: noticed, or listed",
        || mutants::check(workspace, file),
    )
}

fn broken(workspace: &Workspace, file: Option<&str>) -> Result<()> {
    stage("breaks of kernel and drivers: noticed by the model", || {
        breaks::check(workspace, file)
    })
}

fn loom(workspace: &Workspace) -> Result<()> {
    let target = workspace.target();
    stage(
        "loom: every interleaving of Revocable and of the ring",
        || {
            // The flag rebuilds every crate, so these have a folder of their own.
            let status = workspace
                .cargo()
                .args(["test", "--release", "--test", "loom"])
                .args(["-p", "for-lt", "-p", "lent-ring"])
                .env("RUSTFLAGS", "--cfg loom")
                .env("CARGO_TARGET_DIR", target.join("loom"))
                .status()?;
            ensure!(status.success(), "loom found something");
            Ok(())
        },
    )
}

fn miri(workspace: &Workspace) -> Result<()> {
    let target = workspace.target();
    for package in UNDER_MIRI {
        stage(&format!("Miri: {package}"), || {
            let status = Command::new("rustup")
                .current_dir(workspace.root())
                .args(["run", "nightly", "cargo", "miri", "test", "-p", package])
                // Windows of devices are addresses from the kernel: numbers, not pointers.
                .env("MIRIFLAGS", "-Zmiri-permissive-provenance")
                .env("CARGO_TARGET_DIR", target.join("miri"))
                .status()?;
            ensure!(status.success(), "Miri found something in {package}");
            Ok(())
        })?;
    }
    Ok(())
}
