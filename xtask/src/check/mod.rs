//! `check`: format, lints, documentation, dependencies and their licences, the rules of the house.

mod circles;
mod dependencies;
mod licences;
mod names;
mod prose;
mod rules;

use crate::build;
use crate::emulator::Emulators;
use crate::needs::{self, Work};
use crate::stages::{program, stage};
use anyhow::{Result, ensure};
use leasehold_build::{Built, Workspace, list};
use std::collections::BTreeSet;
use std::process::Command;

/// The app whose generated sources stand in where a crate includes some.
const APP: &str = "demo";
/// The kernel's package.
const KERNEL: &str = "leasehold-kernel";
/// The library that every task has.
const LIBRARY: &str = "userlib";

/// Runs every check, whatever the others find.
///
/// # Errors
/// Which ones failed; each has said why.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let boards = boards(workspace)?;
    let images: Vec<_> = boards.iter().map(|board| (APP, board.as_str())).collect();
    let needs = needs::of(workspace, &[Work::Check], &images)?;
    needs::ensure(workspace, &Emulators::default(), &needs)?;
    let (mut failed, mut broken) = (Vec::new(), Vec::new());
    let mut check = |name: &str, work: &dyn Fn() -> Result<()>| {
        if let Err(error) = stage(name, work) {
            eprintln!("{error:#}");
            failed.push(name.to_owned());
        }
    };
    check("format", &|| {
        program(cargo(workspace, &["fmt", "--all", "--check"]))
    });
    check("rules of the house", &|| rules::check(workspace.root()));
    check("circles of files", &|| circles::check(workspace.root()));
    check("prose", &|| prose::check(workspace.root()));
    check("names in pages", &|| names::check(workspace.root()));
    check("dependencies", &|| dependencies::check(workspace));
    check("licences", &|| licences::check(workspace));
    let images: Vec<Built> = boards
        .iter()
        .filter_map(|board| {
            let name = format!("generated sources for {board}");
            let built = stage(&name, || build::image(workspace, APP, board));
            built
                .inspect_err(|error| {
                    eprintln!("{error:#}");
                    broken.push(name);
                })
                .ok()
        })
        .collect();
    for (index, built) in images.iter().enumerate() {
        // The host's part is the same with any board's sources.
        if index == 0 {
            check("lints for the host", &|| host_lints(workspace, built));
            check("documentation", &|| documentation(workspace, built));
        }
        let board = &built.plan.board;
        check(&format!("lints for {board}"), &|| {
            board_lints(workspace, built)
        });
        check(&format!("documentation for {board}"), &|| {
            board_documentation(workspace, built)
        });
    }
    failed.extend(broken);
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

/// The app's boards, one for each protection hardware and platform: what is compiled for the others is the same.
fn boards(workspace: &Workspace) -> Result<Vec<String>> {
    let mut boards = Vec::new();
    let mut kinds = BTreeSet::new();
    for board in list::boards(workspace.root(), APP) {
        let plan = leasehold_build::check(workspace.root(), APP, &board)?;
        let arch = plan.chip.chip.arch.get_ref().clone();
        if kinds.insert((arch, plan.platform().to_owned())) {
            boards.push(board);
        }
    }
    Ok(boards)
}

fn host_lints(workspace: &Workspace, built: &Built) -> Result<()> {
    let mut command = cargo(workspace, &["clippy", "--quiet", "--all-targets"]);
    command.args(["--", "--deny", "warnings"]);
    program(sources(command, built))
}

/// What has code of its own for a board: the kernel, and its protection hardware.
fn kernel(built: &Built) -> [&'static str; 2] {
    if target(built).starts_with("riscv") {
        [KERNEL, "leasehold-arch-riscv"]
    } else {
        [KERNEL, "leasehold-arch-arm"]
    }
}

/// What runs on a board: the kernel, its protection hardware, and the tasks of every app that has a
/// manifest for it.
fn packages(workspace: &Workspace, built: &Built) -> Result<BTreeSet<String>> {
    let mut packages = BTreeSet::from(kernel(built).map(str::to_owned));
    let board = &built.plan.board;
    for (app, boards) in list::apps(workspace.root()) {
        if boards.contains(board) {
            let plan = leasehold_build::check(workspace.root(), &app, board)?;
            packages.extend(plan.tasks.into_iter().map(|task| task.package));
        }
    }
    Ok(packages)
}

/// Lints of what runs on a board. The crates of this workspace that it uses come along.
fn board_lints(workspace: &Workspace, built: &Built) -> Result<()> {
    let arguments = ["clippy", "--quiet", "--lib", "--bins", "--release"];
    let mut command = cargo(workspace, &arguments);
    command.args(["--target", target(built)]);
    select(&mut command, built, &packages(workspace, built)?);
    command.args(["--", "--deny", "warnings"]);
    program(sources(command, built))
}

/// Selects packages of a board, the kernel among them, and the kernel's platform.
fn select(command: &mut Command, built: &Built, packages: &BTreeSet<String>) {
    for package in packages {
        command.args(["--package", package]);
    }
    command.args(["--features", &format!("{KERNEL}/{}", built.plan.platform())]);
}

fn target(built: &Built) -> &str {
    built.plan.chip.chip.target.get_ref()
}

fn document(workspace: &Workspace, built: &Built) -> Command {
    let mut command = cargo(workspace, &["doc", "--quiet", "--no-deps"]);
    command.env("RUSTDOCFLAGS", "--deny warnings");
    sources(command, built)
}

/// Everything, as a host sees it.
fn documentation(workspace: &Workspace, built: &Built) -> Result<()> {
    program(document(workspace, built))
}

/// What the host does not see: pages of the user library that are for a processor, and the kernel's for the board.
/// Those of tasks are the same on the host.
fn board_documentation(workspace: &Workspace, built: &Built) -> Result<()> {
    let mut command = document(workspace, built);
    command.args(["--target", target(built)]);
    let mut packages = BTreeSet::from(kernel(built).map(str::to_owned));
    packages.insert(LIBRARY.to_owned());
    select(&mut command, built, &packages);
    program(command)
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
