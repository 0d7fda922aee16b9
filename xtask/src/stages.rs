//! Stages of a long verb, each named and timed.

use anyhow::{Context, Result, ensure};
use std::process::Command;
use std::time::Instant;

/// Runs a stage and prints its name and how long it took.
///
/// # Errors
/// The stage's own.
pub(crate) fn stage<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    judged(name, work, |_| true)
}

/// Like [`stage`], but its result may also be a failure.
///
/// # Errors
/// The stage's own.
pub(crate) fn judged<T>(
    name: &str,
    work: impl FnOnce() -> Result<T>,
    is_good: impl FnOnce(&T) -> bool,
) -> Result<T> {
    println!("== {name}");
    let start = Instant::now();
    let outcome = work();
    let word = verdict(&outcome, is_good);
    println!("== {name}: {word}, {:.1} s", start.elapsed().as_secs_f64());
    outcome
}

/// The word for what a stage came to.
fn verdict<T>(outcome: &Result<T>, is_good: impl FnOnce(&T) -> bool) -> &'static str {
    if outcome.as_ref().is_ok_and(is_good) {
        "ok"
    } else {
        "FAILED"
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_ok_only_when_what_it_answers_is_good() {
        assert_eq!(verdict(&Ok(0), |failed| *failed == 0), "ok");
        assert_eq!(verdict(&Ok(1), |failed| *failed == 0), "FAILED");
        let broken: Result<i32> = Err(anyhow::anyhow!("broken"));
        assert_eq!(verdict(&broken, |_| true), "FAILED");
    }
}
