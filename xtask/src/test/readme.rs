//! Plays the README's transcript again: a newcomer gets what the README shows.

use super::shell::Shell;
use super::tally::Tally;
use crate::build::Bootable;
use anyhow::{Context, Result, ensure};
use leasehold_build::Workspace;

/// What stands before the transcript.
const MARK: &str = "<!-- story -->\n```text\n";
const PROMPT: &str = "leasehold> ";

/// Types the README's lines at the demo's shell.
///
/// # Errors
/// When the README has no transcript, or the emulator does not start.
pub(super) fn play(workspace: &Workspace, bootable: &Bootable) -> Result<Tally> {
    let path = workspace.root().join("README.md");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let (_, rest) = text
        .split_once(MARK)
        .with_context(|| format!("no `<!-- story -->` in {}", path.display()))?;
    let (transcript, _) = rest.split_once("\n```").context("its end")?;
    let mut tally = Tally::default();
    let outcome = played(transcript, bootable);
    tally.judge("readme", "the_transcript_is_what_comes", outcome);
    Ok(tally)
}

fn played(transcript: &str, bootable: &Bootable) -> Result<()> {
    let mut shell = Shell::boot(bootable)?;
    let mut seen = Lines::default();
    let commands: Vec<&str> = transcript
        .lines()
        .filter_map(|line| line.strip_prefix(PROMPT))
        .collect();
    for (command, answer) in commands.iter().zip(shell.lines(&commands)?) {
        seen.answers.push(format!("{PROMPT}{command}"));
        for line in answer?.0 {
            seen.push(&line);
        }
    }
    shell.power_off()?;
    let mut promised = Lines::default();
    for line in transcript.lines() {
        promised.push(line);
    }
    let (promised, seen) = (promised.renumbered(), seen.renumbered());
    same("answers", &promised.answers, &seen.answers)?;
    same("log lines", &promised.log, &seen.log)
}

/// The shell's answers, and the log lines, which may come at any time. Times are left out.
#[derive(Default)]
struct Lines {
    answers: Vec<String>,
    log: Vec<String>,
}

impl Lines {
    fn push(&mut self, line: &str) {
        if line.is_empty() {
            return;
        }
        match line
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("] "))
        {
            Some((_, text)) => self.log.push(text.to_owned()),
            None => self.answers.push(without_time(line)),
        }
    }

    /// With each lease's number replaced.
    fn renumbered(self) -> Self {
        let mut leases = Leases::default();
        let mut each = |lines: Vec<String>| {
            let lines = lines.iter().map(|line| leases.renumbered(line));
            lines.collect()
        };
        Self {
            answers: each(self.answers),
            log: each(self.log),
        }
    }
}

/// Leases in the order in which they are first named. The numbers may differ, because they depend on other tasks; but
/// one number must stand for one lease.
#[derive(Default)]
struct Leases(Vec<String>);

impl Leases {
    /// The line with each lease's number replaced by its place in that order.
    fn renumbered(&mut self, line: &str) -> String {
        const BEFORE: &str = "lease ";
        let mut parts = line.split(BEFORE);
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|c: char| !c.is_ascii_digit() && c != '.');
            let (number, rest) = part.split_at(end.unwrap_or(part.len()));
            text += BEFORE;
            if number.is_empty() {
                text += rest;
                continue;
            }
            let known = self.0.iter().position(|known| known == number);
            let place = known.unwrap_or_else(|| {
                self.0.push(number.to_owned());
                self.0.len() - 1
            });
            text += &format!("#{place}{rest}");
        }
        text
    }
}

/// A line with the time after `ended at` left out.
fn without_time(line: &str) -> String {
    match line.split_once("ended at ") {
        Some((before, rest)) => {
            let after = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            format!("{before}ended at{after}")
        }
        None => line.to_owned(),
    }
}

fn same(what: &str, promised: &[String], seen: &[String]) -> Result<()> {
    let count = promised.len().max(seen.len());
    for index in 0..count {
        let (wanted, got) = (promised.get(index), seen.get(index));
        ensure!(
            wanted == got,
            "{what}: the README has {wanted:?}, and {got:?} came"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_left_out_and_nothing_else() {
        let mut lines = Lines::default();
        lines.push("[    0.071] edu: bound");
        lines.push("");
        lines.push("call (generation 1): ended at 0.071: the task died");
        assert_eq!(lines.log, ["edu: bound"]);
        assert_eq!(
            lines.answers,
            ["call (generation 1): ended at: the task died"]
        );
    }

    #[test]
    fn the_number_of_a_lease_is_free_but_stands_for_one_lease() {
        let lines = |numbers: [&str; 3]| {
            let mut lines = Lines::default();
            for number in numbers {
                lines.push(&format!(
                    "device 0: generation 1 (lease {number}, binding 1)"
                ));
            }
            lines.push("device 0: the lease is revoked");
            lines.renumbered().answers
        };
        let promised = lines(["8.1", "10.1", "8.1"]);
        assert_eq!(promised[0], "device 0: generation 1 (lease #0, binding 1)");
        assert_eq!(promised[3], "device 0: the lease is revoked");
        assert_eq!(lines(["9.1", "12.2", "9.1"]), promised);
        assert_ne!(lines(["9.1", "12.2", "12.2"]), promised);
        assert_ne!(lines(["9.1", "12.2", "9.2"]), promised);
        assert_ne!(lines(["9.1", "9.1", "9.1"]), promised);
    }

    #[test]
    fn a_missing_or_another_line_is_a_difference() {
        let one = ["a".to_owned()];
        let two = ["a".to_owned(), "b".to_owned()];
        assert!(same("lines", &one, &one).is_ok());
        assert!(same("lines", &two, &one).is_err());
        assert!(same("lines", &one, &two).is_err());
    }
}
