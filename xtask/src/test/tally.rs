//! What came of tests, counted.

use ::records::{FAILED, PASSED, SKIPPED, SUM};
use anyhow::{Context, Result, ensure};

/// Tests that passed, tests that did not, and tests that the board has nothing for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

impl Tally {
    /// As it is printed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut counts = text.split(", ");
        let mut count = |word| counts.next()?.strip_suffix(word)?.parse().ok();
        Some(Self {
            passed: count(" passed")?,
            failed: count(" failed")?,
            skipped: count(" skipped")?,
        })
    }

    /// Counts another's tests as well.
    pub(super) fn join(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// Counts what came of a test of a part, and prints it.
    pub(super) fn judge(&mut self, part: &str, name: &str, outcome: Result<()>) {
        match outcome {
            Ok(()) => {
                self.passed += 1;
                println!("test {part}::{name} ... ok");
            }
            Err(reason) => {
                self.failed += 1;
                println!("test {part}::{name} ... FAILED: {reason:#}");
            }
        }
    }

    /// Counts what the record of a test says; answers whether it is the last one, with the sum.
    pub(super) fn add(&mut self, record: &str) -> Result<bool> {
        match record {
            PASSED => self.passed += 1,
            SKIPPED => self.skipped += 1,
            FAILED => self.failed += 1,
            _ => {
                let sum = record.strip_prefix(SUM);
                let sum = sum.with_context(|| format!("the suite tells `{record}`"))?;
                let counted = format!("{} {} {}", self.passed, self.failed, self.skipped);
                ensure!(sum == counted, "the suite counts {sum}, and {counted} came");
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_passed_is_a_pass() {
        let mut tally = Tally::default();
        for record in ["passed", "skipped", "failed", "passed"] {
            assert!(!tally.add(record).unwrap());
        }
        assert_eq!(tally.to_string(), "2 passed, 1 failed, 1 skipped");
        for record in ["passed ", "", "ok", "sum 3 0 1", "sum 2 1"] {
            assert!(tally.add(record).is_err(), "{record:?}");
        }
        assert!(tally.add("sum 2 1 1").unwrap());
    }
}
