//! Cargo's part: all tasks in one call, then the kernel, each as one relocatable object.
//!
//! Nothing is placed here. `-r` makes the linker put each program together without addresses,
//! and [`link`](crate::link) gives it its place once all sizes are known. Both calls use the
//! same flags, so what tasks and kernel share is compiled for both at once.

use crate::plan::Plan;
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Package and binary of the kernel.
const KERNEL: &str = "leasehold-kernel";

/// Compiles every task; `policy` is the file for the supervisor.
///
/// # Errors
/// When cargo fails; it has said why.
pub(crate) fn tasks(workspace: &Workspace, plan: &Plan, policy: &Path) -> Result<()> {
    let mut command = cargo(workspace, plan);
    let packages: BTreeSet<&str> = plan
        .tasks
        .iter()
        .map(|task| task.package.as_str())
        .collect();
    for package in packages {
        command.args(["--package", package]);
    }
    let binaries: BTreeSet<&str> = plan.tasks.iter().map(|task| task.binary.as_str()).collect();
    for binary in binaries {
        command.args(["--bin", binary]);
    }
    command.env("LEASEHOLD_POLICY", policy);
    let ticks = plan.chip.chip.ticks_per_second;
    command.env("LEASEHOLD_TICKS_PER_SECOND", ticks.to_string());
    run(command, "the tasks")
}

/// Compiles the kernel with the tables in the file `config`.
///
/// # Errors
/// When cargo fails; it has said why.
pub(crate) fn kernel(workspace: &Workspace, plan: &Plan, config: &Path) -> Result<PathBuf> {
    let mut command = cargo(workspace, plan);
    command
        .args(["--package", KERNEL, "--bin", KERNEL])
        .env("LEASEHOLD_CONFIG", config);
    run(command, "the kernel")?;
    Ok(object(workspace, plan, KERNEL))
}

/// Where cargo puts a relocatable program.
pub(crate) fn object(workspace: &Workspace, plan: &Plan, binary: &str) -> PathBuf {
    workspace
        .target()
        .join(&plan.chip.chip.target)
        .join("release")
        .join(binary)
}

fn cargo(workspace: &Workspace, plan: &Plan) -> Command {
    let mut command = workspace.cargo();
    command
        .args([
            "build",
            "--release",
            "--quiet",
            "--target",
            &plan.chip.chip.target,
            "--target-dir",
        ])
        .arg(workspace.target())
        .env(
            "CARGO_ENCODED_RUSTFLAGS",
            ["-Clink-arg=-r", "-Clink-arg=--no-gc-sections"].join("\x1f"),
        );
    command
}

fn run(mut command: Command, what: &str) -> Result<()> {
    let status = command.status().context("cannot run cargo")?;
    if !status.success() {
        bail!("{what} did not compile");
    }
    Ok(())
}
