//! What tests of hostile drivers share: each life of such a driver says `lie N: …` and what it is about; who is lied to
//! says that it found out.

use super::shell::Shell;
use anyhow::{Context, Result, ensure};

/// Lines with these words.
pub(super) fn count(lines: &[String], words: &str) -> usize {
    lines.iter().filter(|line| line.contains(words)).count()
}

/// Waits until life number `life` has told its lie, and these words were logged so often.
///
/// # Errors
/// When that does not come.
pub(super) fn found_out(shell: &mut Shell, life: usize, words: &str, times: usize) -> Result<()> {
    let told = format!("lie {life}: ");
    shell
        .until("log", |said| {
            count(said, &told) > 0 && count(said, words) == times
        })
        .with_context(|| format!("lie {life}"))
}

/// What the log says when this task was asked to crash.
pub(super) fn asked(task: &str) -> String {
    format!("{task}: panic: the supervisor asked")
}

/// No task has ended, by the log's lines, but with these words.
///
/// # Errors
/// When one has.
pub(super) fn nothing_ended(log: &[String], but: &[String]) -> Result<()> {
    let ends: Vec<_> = log
        .iter()
        .filter(|line| line.contains(": panic") || line.contains("fault"))
        .filter(|line| !but.iter().any(|but| line.contains(but)))
        .collect();
    ensure!(ends.is_empty(), "{ends:?}");
    Ok(())
}
