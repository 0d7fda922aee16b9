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
/// Packages that only run on the host.
const TOOLS: &[&str] = &[
    "for-lt-macros",
    "leasehold-build",
    "userlib-macros",
    "xtask",
];

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
        let mut command = with_sources(&["clippy", "--quiet", "--all-targets"]);
        command.args(["--", "--deny", "warnings"]);
        program(command)
    })?;
    stage("lints for the board", || {
        let mut command = with_sources(&["clippy", "--quiet", "--workspace", "--lib", "--bins"]);
        command
            .args(["--release", "--target", target])
            .args(except_tools());
        command.args(["--", "--deny", "warnings"]);
        program(command)
    })?;
    stage("documentation", || {
        let document = |arguments: &[&str]| {
            let mut command = with_sources(&["doc", "--quiet", "--no-deps"]);
            command
                .args(arguments)
                .env("RUSTDOCFLAGS", "--deny warnings");
            command
        };
        program(document(&[]))?;
        let mut command = document(&["--workspace", "--target", target]);
        command.args(except_tools());
        program(command)
    })
}

/// Arguments that leave out what only runs on the host.
fn except_tools() -> impl Iterator<Item = &'static str> {
    TOOLS.iter().flat_map(|package| ["--exclude", package])
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
