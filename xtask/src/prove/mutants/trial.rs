//! One run of a program of tests with a mutant in it.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

/// The variable that says which mutant counts.
pub(super) const VARIABLE: &str = "LEASEHOLD_MUTANT";

/// The number of no mutant.
pub(super) const NONE: usize = usize::MAX;

/// A part of the tests: how it is chosen, and how many seconds of processor time it may take. Some changes end in a
/// loop. Each limit is several times what the part takes.
type Part = (&'static [&'static str], u32);

/// All tests but those that take long. They notice most mutants, and are tried first.
const QUICK: Part = (
    &[
        "--skip",
        "tests::fast::the_fast_paths_do_what_the_slow_ones_do",
        "--skip",
        "tests::fast::a_receive_in_the_entry_code_does_what_the_slow_one_does",
        "--skip",
        "tests::hostile::",
        "--skip",
        "tests::steps::",
    ],
    2,
);

/// The others, one part after another.
const SLOW: [Part; 3] = [
    (
        &[
            "tests::fast::the_fast_paths_do_what_the_slow_ones_do",
            "tests::fast::a_receive_in_the_entry_code_does_what_the_slow_one_does",
        ],
        10,
    ),
    (&["tests::hostile::"], 20),
    (&["tests::steps::"], 60),
];

/// KiB of memory that a program of tests may take.
const MEMORY: u32 = 4 << 20;

/// The signals with which the system ends a process that used up its time.
pub(super) const OUT_OF_TIME: [i32; 2] = [/* SIGKILL */ 9, /* SIGXCPU */ 24];

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is no program.
    DoesNotCompile,
    /// A test fails.
    Caught,
    /// A test does not end.
    TimedOut,
    /// No test fails.
    Survived,
}

/// What became of each mutant; it is known by its number.
pub(super) type Fates = BTreeMap<usize, Fate>;

/// All tests, until a part fails.
///
/// # Errors
/// When the program cannot be run.
pub(super) fn of_all_tests(program: &Path, mutant: usize) -> Result<Fate> {
    match of_quick_tests(program, mutant)? {
        Fate::Survived => of_slow_tests(program, mutant),
        fate => Ok(fate),
    }
}

/// Only what takes long, until a part fails.
///
/// # Errors
/// When the program cannot be run.
pub(super) fn of_slow_tests(program: &Path, mutant: usize) -> Result<Fate> {
    let mut fate = Fate::Survived;
    for part in SLOW {
        if fate == Fate::Survived {
            fate = of(program, mutant, part)?;
        }
    }
    Ok(fate)
}

/// Only what does not take long.
///
/// # Errors
/// When the program cannot be run.
pub(super) fn of_quick_tests(program: &Path, mutant: usize) -> Result<Fate> {
    of(program, mutant, QUICK)
}

fn of(program: &Path, mutant: usize, (tests, time): Part) -> Result<Fate> {
    let limits = format!("ulimit -t {time}; ulimit -v {MEMORY}; exec \"$0\" \"$@\"");
    let status = Command::new("sh")
        .args(["-c", &limits])
        .arg(program)
        .args(["--test-threads=1", "--quiet"])
        .args(tests)
        .env(VARIABLE, mutant.to_string())
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("cannot run the tests")?;
    Ok(fate(status))
}

fn fate(status: ExitStatus) -> Fate {
    if status.success() {
        Fate::Survived
    } else if OUT_OF_TIME.map(Some).contains(&status.signal()) {
        Fate::TimedOut
    } else {
        Fate::Caught
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_program_ends_says_what_became_of_the_mutant() {
        let fate_of = |script: &str| {
            let status = Command::new("sh").args(["-c", script]).status();
            fate(status.expect("a shell"))
        };
        assert_eq!(fate_of("exit 0"), Fate::Survived);
        assert_eq!(fate_of("exit 101"), Fate::Caught);
        assert_eq!(fate_of("kill -ABRT $$"), Fate::Caught);
        assert_eq!(fate_of("ulimit -t 1; while :; do :; done"), Fate::TimedOut);
    }
}
