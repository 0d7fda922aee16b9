//! What tests of hostile drivers share: each life of such a driver says `lie N: …` and what it is about; who is lied to
//! says that it found out.

use super::shell::Shell;
use anyhow::{Context, Result};

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
