//! `check`: format, lints, documentation, licences and the rules of the house.

mod licences;
mod rules;

use crate::build;
use crate::stages::{program, stage};
use anyhow::Result;
use leasehold_build::{Built, Workspace};
use std::process::Command;

/// The app whose generated sources stand in where a crate includes some.
const APP: &str = "demo";
const BOARD: &str = "virt-rv64";
/// Runs on the bare machine only.
const KERNEL: &str = "leasehold-kernel";

/// Runs every check; the first that fails ends it.
///
/// # Errors
/// What that one found.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    stage("format", || {
        program(cargo(workspace, &["fmt", "--all", "--check"]))
    })?;
    stage("rules of the house", || rules::check(workspace.root()))?;
    stage("licences", || licences::check(workspace))?;
    let built = stage("generated sources", || build::image(workspace, APP, BOARD))?;
    let target = built.plan.chip.chip.target.as_str();
    let with_sources = |arguments: &[&str]| sources(cargo(workspace, arguments), &built);
    stage("lints for the host", || {
        let arguments = [
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--exclude",
            KERNEL,
        ];
        let mut command = with_sources(&arguments);
        command.args(["--", "--deny", "warnings"]);
        program(command)
    })?;
    stage("lints for the board", || {
        let mut command = with_sources(&["clippy", "--quiet", "--release", "--target", target]);
        command.args(["--package", KERNEL]);
        let mut packages: Vec<&str> = built
            .plan
            .tasks
            .iter()
            .map(|task| task.package.as_str())
            .collect();
        packages.sort_unstable();
        packages.dedup();
        for package in packages {
            command.args(["--package", package]);
        }
        command.args(["--", "--deny", "warnings"]);
        program(command)
    })?;
    stage("documentation", || {
        let mut command = with_sources(&["doc", "--quiet", "--no-deps", "--workspace", "--lib"]);
        command
            .args(["--exclude", KERNEL])
            .env("RUSTDOCFLAGS", "--deny warnings");
        program(command)?;
        let mut command = with_sources(&["doc", "--quiet", "--no-deps", "--package", KERNEL]);
        command
            .args(["--target", target])
            .env("RUSTDOCFLAGS", "--deny warnings");
        program(command)
    })
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = workspace.cargo();
    command.args(arguments);
    command
}

/// With the sources that the kernel and the supervisor include.
fn sources(mut command: Command, built: &Built) -> Command {
    command
        .env("LEASEHOLD_CONFIG", &built.sources.0)
        .env("LEASEHOLD_POLICY", &built.sources.1);
    command
}
