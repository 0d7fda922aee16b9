//! A part in a process of its own: what it prints comes at its end, in one piece, so it can run beside other parts.

use super::part::Part;
use super::tally::Tally;
use crate::emulator::Emulators;
use anyhow::{Context, Result};
use clap::ValueEnum;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs a part on a board, shows what it printed, and answers what came of it.
///
/// # Errors
/// It could not be started, or did not come to its sum.
pub(super) fn run(emulators: &Emulators, part: Part, board: &str) -> Result<Tally> {
    let name = part.to_possible_value().context("a part has a name")?;
    let mut command = Command::new(program()?);
    command.args(["test", board, "--only", name.get_name()]);
    if let Some(folder) = emulators.folder() {
        command.arg("--qemu").arg(folder);
    }
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.context("cannot run this program again")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let (shown, tally) = parted(&text).with_context(|| format!("no sum in:\n{text}"))?;
    print!("{shown}");
    Ok(tally)
}

/// This program, to be run again. The host's tests may have put a newer build of it in the place of its file.
///
/// # Errors
/// Nobody knows where it is.
pub(super) fn program() -> Result<PathBuf> {
    let running = Path::new("/proc/self/exe");
    match running.exists() {
        true => Ok(running.to_owned()),
        false => std::env::current_exe().context("this program's file"),
    }
}

/// What was printed before the last two lines, which are the part's sum and that of all parts, and the sum.
fn parted(text: &str) -> Option<(&str, Tally)> {
    let (before, sum) = text.trim_end().rsplit_once('\n')?;
    let tally = Tally::parse(sum)?;
    let shown = before.rfind('\n').map_or("", |end| &before[..=end]);
    Some((shown, tally))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_read_and_not_shown() {
        let text = "== the fan\ntest fan::a ... ok\n== the fan: ok, 1.0 s\nthe fan: 1 passed, 2 failed, 3 skipped\n\
                    1 passed, 2 failed, 3 skipped\n";
        let (shown, tally) = parted(text).unwrap();
        assert_eq!(
            shown,
            "== the fan\ntest fan::a ... ok\n== the fan: ok, 1.0 s\n"
        );
        assert_eq!((tally.passed, tally.failed, tally.skipped), (1, 2, 3));
        assert!(parted("== the fan\nsomething else\n").is_none());
        assert!(parted("").is_none());
    }
}
