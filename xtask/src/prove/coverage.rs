//! Which parts of the sources the tests execute: the compiler's own counters, on this machine.

use super::scan::Block;
use crate::needs::tools_folder;
use anyhow::{Context, Result, ensure};
use leasehold_build::Workspace;
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How often the code from this place to the next was executed.
#[derive(Clone, Copy, Debug)]
struct Segment {
    /// Line, from 1, and column, from 0.
    start: (usize, usize),
    /// None if there is no code here.
    count: Option<u64>,
}

/// Counts by file.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    files: HashMap<PathBuf, Vec<Segment>>,
}

impl Coverage {
    /// Runs the unit and integration tests of these packages, without those that do not run under Miri.
    ///
    /// # Errors
    /// When a test fails, or the compiler's tools do not run.
    pub(super) fn of_tests<'p>(
        workspace: &Workspace,
        packages: impl Iterator<Item = &'p str> + Clone,
    ) -> Result<Self> {
        let tools = Tools::find(workspace)?;
        let target = workspace.target().join("coverage");
        let counters = target.join("counters");
        if counters.exists() {
            std::fs::remove_dir_all(&counters).context("old counters")?;
        }
        let command = || {
            let mut command = workspace.cargo();
            command
                .args(["test", "--quiet", "--lib", "--tests"])
                // What is left out under Miri is left out here.
                .env(
                    "RUSTFLAGS",
                    "-C instrument-coverage --cfg miri -A explicit_builtin_cfgs_in_flags",
                )
                .env("CARGO_TARGET_DIR", &target)
                .env("LLVM_PROFILE_FILE", counters.join("%p-%m.profraw"));
            for package in packages.clone() {
                command.args(["--package", package]);
            }
            command
        };
        let status = command().status().context("cannot run cargo")?;
        ensure!(status.success(), "tests failed");
        let built = command()
            .args(["--no-run", "--message-format=json"])
            .output()
            .context("cannot run cargo")?;
        let programs = programs(&String::from_utf8_lossy(&built.stdout));
        ensure!(!programs.is_empty(), "no test program was built");
        let merged = counters.join("merged");
        let written = std::fs::read_dir(&counters)
            .context("no counters were written")?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<Vec<_>>>()?;
        tools.run("llvm-profdata", |command| {
            let command = command.args(["merge", "--sparse", "--output"]);
            command.arg(&merged).args(written);
        })?;
        let exported = tools.run("llvm-cov", |command| {
            let command = command.args(["export", "--format=text", "--instr-profile"]);
            command.arg(&merged);
            for program in programs {
                command.arg("--object").arg(program);
            }
        })?;
        Self::parse(&exported)
    }

    /// Reads what `llvm-cov export` writes.
    fn parse(exported: &[u8]) -> Result<Self> {
        let exported: Value = serde_json::from_slice(exported).context("llvm-cov")?;
        let files = exported["data"][0]["files"].as_array();
        let mut coverage = Self::default();
        for file in files.context("llvm-cov: no files")? {
            let name = file["filename"].as_str().context("llvm-cov: no name")?;
            let segments = file["segments"].as_array();
            let segments = segments.context("llvm-cov: no segments")?.iter();
            let segments = segments.map(segment).collect::<Option<Vec<_>>>();
            let segments = segments.context("llvm-cov: another format")?;
            coverage.files.insert(PathBuf::from(name), segments);
        }
        Ok(coverage)
    }

    /// Whether a block of this file was entered: its first code, or the code that contains it, was executed at least
    /// once.
    pub(super) fn is_executed(&self, file: &Path, block: &Block) -> bool {
        let Some(segments) = self.files.get(file) else {
            return false;
        };
        let first = segments
            .iter()
            .filter(|segment| block.start <= segment.start && segment.start < block.end)
            .find_map(|segment| segment.count);
        let around = || {
            let mut before = segments.iter().rev();
            let before = before.find(|segment| segment.start <= block.start);
            before.and_then(|segment| segment.count)
        };
        first.or_else(around).is_some_and(|count| count > 0)
    }
}

/// One segment: line, column, count, whether there is one, …
fn segment(segment: &Value) -> Option<Segment> {
    let number = |index: usize| segment[index].as_u64();
    let line = usize::try_from(number(0)?).ok()?;
    let column = usize::try_from(number(1)?).ok()?.checked_sub(1)?;
    Some(Segment {
        start: (line, column),
        count: segment[3].as_bool()?.then_some(number(2)?),
    })
}

/// The test programs among cargo's messages.
fn programs(messages: &str) -> Vec<PathBuf> {
    let message = |line: &str| serde_json::from_str::<Value>(line).ok();
    let program = |message: Value| message["executable"].as_str().map(PathBuf::from);
    messages
        .lines()
        .filter_map(message)
        .filter_map(program)
        .collect()
}

/// The compiler's tools that read counters; they come with it, as a component.
struct Tools(PathBuf);

impl Tools {
    fn find(workspace: &Workspace) -> Result<Self> {
        Ok(Self(
            tools_folder(workspace).context("the compiler has no library folder")?,
        ))
    }

    /// Runs one; its output.
    fn run(&self, name: &str, arguments: impl FnOnce(&mut Command)) -> Result<Vec<u8>> {
        let mut command = Command::new(self.0.join(name));
        arguments(&mut command);
        let output = command
            .output()
            .with_context(|| format!("cannot run {name}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{name}: {said}");
        Ok(output.stdout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(start: (usize, usize), end: (usize, usize)) -> Block {
        Block {
            function: String::new(),
            start,
            end,
            left_out: false,
        }
    }

    #[test]
    fn a_block_counts_by_its_first_code() {
        let exported = br#"{"data":[{"files":[{"filename":"/a.rs","segments":[
            [3,5,1,true,true,false],[3,9,0,false,false,false],
            [4,17,0,true,true,false],[4,20,7,true,true,false],[4,30,0,false,false,false],
            [6,1,2,true,true,false],[9,1,0,false,false,false]]}]}]}"#;
        let coverage = Coverage::parse(exported).expect("it is one");
        let is_executed = |start, end| coverage.is_executed(Path::new("/a.rs"), &block(start, end));
        assert!(
            !is_executed((4, 14), (4, 40)),
            "the first code in it was not"
        );
        assert!(is_executed((4, 18), (4, 40)));
        assert!(is_executed((7, 3), (7, 9)), "a part of what was");
        assert!(!is_executed((3, 10), (3, 20)), "between functions");
        assert!(!is_executed((10, 1), (10, 20)));
        assert!(!coverage.is_executed(Path::new("/b.rs"), &block((4, 18), (4, 40))));
    }

    #[test]
    fn programs_are_found_in_messages() {
        let messages = "{\"executable\":\"/x/a\"}\nnoise\n{\"executable\":null}\n{}\n";
        assert_eq!(programs(messages), [PathBuf::from("/x/a")]);
    }
}
