//! One step of the story: a line at the shell, and what must come of it.

use crate::test::shell::Answer;
use anyhow::{Context, Result, ensure};

/// A line at the shell and what must come of it.
pub(super) struct Step {
    /// What it shows.
    pub(super) name: &'static str,
    /// What is typed.
    pub(super) line: String,
    /// Whether the shell calls it a success.
    succeeds: bool,
    /// What must be in the answer.
    has: Vec<String>,
    /// What must not.
    lacks: Vec<String>,
    /// What must come before a number, and the least that the number may be.
    least: Option<(&'static str, u64)>,
}

impl Step {
    pub(super) fn check(&self, answer: Answer) -> Result<()> {
        let (lines, succeeded) = answer?;
        let text = lines.join("\n");
        let line = &self.line;
        ensure!(
            succeeded == self.succeeds,
            "`{line}` {}: {text}",
            if succeeded { "succeeded" } else { "failed" }
        );
        for wanted in &self.has {
            ensure!(
                text.contains(wanted),
                "`{line}` says nothing of `{wanted}`: {text}"
            );
        }
        for unwanted in &self.lacks {
            ensure!(
                !text.contains(unwanted),
                "`{line}` still says `{unwanted}`: {text}"
            );
        }
        if let Some((before, least)) = self.least {
            let number = number_after(&text, before)
                .with_context(|| format!("`{line}` gives no number after `{before}`: {text}"))?;
            ensure!(number >= least, "`{line}`: {number} is less than {least}");
        }
        Ok(())
    }

    /// With a number after `before` that is `least` or more.
    pub(super) const fn at_least(mut self, before: &'static str, least: u64) -> Self {
        self.least = Some((before, least));
        self
    }

    pub(super) fn lacks(mut self, lacks: &[&str]) -> Self {
        self.lacks = owned(lacks);
        self
    }
}

fn number_after(text: &str, before: &str) -> Option<u64> {
    let (_, rest) = text.split_once(before)?;
    let end = rest.find(|c: char| !c.is_ascii_digit());
    rest[..end.unwrap_or(rest.len())].parse().ok()
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// A line that succeeds.
pub(super) fn step(name: &'static str, line: &str, has: &[&str]) -> Step {
    Step {
        name,
        line: line.to_owned(),
        succeeds: true,
        has: owned(has),
        lacks: Vec::new(),
        least: None,
    }
}

/// A line that fails.
pub(super) fn refused(name: &'static str, line: &str, has: &[&str]) -> Step {
    Step {
        succeeds: false,
        ..step(name, line, has)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_checked_against_its_least() {
        let answer = |text: &str| Ok((vec![text.to_owned()], true));
        let timer = || step("alarm", "timer 50", &[]).at_least("after ", 50);
        assert!(timer().check(answer("came after 50.120 ms")).is_ok());
        assert!(timer().check(answer("came after 49.990 ms")).is_err());
        assert!(timer().check(answer("never came")).is_err());
    }
}
