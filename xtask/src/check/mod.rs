//! `check`: format, lints, documentation, licences and the rules of the house.

mod licences;
mod rules;

use crate::build;
use crate::stages::{program, stage};
use anyhow::{Result, ensure};
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

/// Runs every check, whatever the others find.
///
/// # Errors
/// Which ones failed; each has said why.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut failed = Vec::new();
    let mut check = |name: &'static str, work: &dyn Fn() -> Result<()>| {
        if let Err(error) = stage(name, work) {
            eprintln!("{error:#}");
            failed.push(name);
        }
    };
    check("format", &|| {
        program(cargo(workspace, &["fmt", "--all", "--check"]))
    });
    check("rules of the house", &|| rules::check(workspace.root()));
    check("licences", &|| licences::check(workspace));
    match stage("generated sources", || build::image(workspace, APP, BOARD)) {
        Ok(built) => {
            check("lints for the host", &|| host_lints(workspace, &built));
            check("lints for the board", &|| board_lints(workspace, &built));
            check("documentation", &|| documentation(workspace, &built));
        }
        Err(error) => {
            eprintln!("{error:#}");
            failed.push("generated sources");
        }
    }
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

fn host_lints(workspace: &Workspace, built: &Built) -> Result<()> {
    let mut command = cargo(workspace, &["clippy", "--quiet", "--all-targets"]);
    command.args(["--", "--deny", "warnings"]);
    program(sources(command, built))
}

fn board_lints(workspace: &Workspace, built: &Built) -> Result<()> {
    let arguments = [
        "clippy",
        "--quiet",
        "--workspace",
        "--lib",
        "--bins",
        "--release",
    ];
    let mut command = cargo(workspace, &arguments);
    command
        .args(["--target", built.plan.chip.chip.target.get_ref()])
        .args(except_tools());
    command.args(["--", "--deny", "warnings"]);
    program(sources(command, built))
}

fn documentation(workspace: &Workspace, built: &Built) -> Result<()> {
    let document = || {
        let mut command = cargo(workspace, &["doc", "--quiet", "--no-deps"]);
        command.env("RUSTDOCFLAGS", "--deny warnings");
        sources(command, built)
    };
    program(document())?;
    let mut command = document();
    command
        .args([
            "--workspace",
            "--target",
            built.plan.chip.chip.target.get_ref(),
        ])
        .args(except_tools());
    program(command)
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
