//! The tests that run on this machine: unit and documentation tests.

use super::tally::Tally;
use anyhow::{Context, Result, ensure};
use leasehold_build::{Built, Workspace};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// Everything that runs on the host: the default members of the workspace. `beside` another part, the output comes at
/// the end, in one piece.
///
/// # Errors
/// When they do not run.
pub(super) fn run(workspace: &Workspace, built: &Built, beside: bool) -> Result<Tally> {
    let mut child = workspace
        .cargo()
        .args(["test", "--quiet", "--no-fail-fast"])
        .env("LEASEHOLD_POLICY", &built.sources.1)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run cargo")?;
    let output = BufReader::new(child.stdout.take().context("the pipe asked for")?);
    let mut tally = Tally::default();
    let mut later = String::new();
    for line in output.lines() {
        let line = line.context("cargo's output")?;
        if beside {
            later.push_str(&line);
            later.push('\n');
        } else {
            println!("{line}");
        }
        if let Some(part) = summary(&line) {
            tally.passed += part.passed;
            tally.failed += part.failed;
            tally.skipped += part.skipped;
        }
    }
    print!("{later}");
    let status = child.wait().context("cannot wait for cargo")?;
    // A test that does not compile has no summary.
    ensure!(
        status.success() || tally.failed > 0,
        "the host's tests did not run"
    );
    Ok(tally)
}

/// The numbers in a summary of Rust's test harness.
fn summary(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut counts = counts.split("; ");
    let passed = counts.next()?.strip_suffix(" passed")?.parse().ok()?;
    let failed = counts.next()?.strip_suffix(" failed")?.parse().ok()?;
    let skipped = counts.next()?.strip_suffix(" ignored")?.parse().ok()?;
    Some(Tally {
        passed,
        failed,
        skipped,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_of_the_harness_are_read() {
        let line = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(
            summary(line),
            Some(Tally {
                passed: 12,
                failed: 0,
                skipped: 1
            })
        );
        let line = "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(
            summary(line),
            Some(Tally {
                passed: 3,
                failed: 2,
                skipped: 0
            })
        );
        assert_eq!(summary("running 3 tests"), None);
    }
}
