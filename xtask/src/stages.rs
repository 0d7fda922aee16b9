//! Stages of a long verb, each named and timed.

use anyhow::{Context, Result, ensure};
use std::process::Command;
use std::time::Instant;

/// Runs a stage and prints its name and how long it took.
///
/// # Errors
/// The stage's own.
pub(crate) fn stage<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("== {name}");
    let start = Instant::now();
    let outcome = work();
    let word = if outcome.is_ok() { "ok" } else { "FAILED" };
    println!("== {name}: {word}, {:.1} s", start.elapsed().as_secs_f64());
    outcome
}

/// Runs a program that shows its own output.
///
/// # Errors
/// When it cannot be started or fails.
pub(crate) fn program(mut command: Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .with_context(|| format!("cannot run {name}"))?;
    let arguments: Vec<_> = command
        .get_args()
        .map(|argument| argument.to_string_lossy())
        .collect();
    ensure!(status.success(), "{name} {} failed", arguments.join(" "));
    Ok(())
}
