//! Rules of this project that no compiler lint checks.

use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// A file must be split well before it has so many lines.
const MOST_LINES: usize = 600;
/// Folders whose crates have no `unsafe` at all.
const SAFE: &[&str] = &[
    "app",
    "build",
    "chips",
    "drivers",
    "kernel/abi",
    "kernel/core",
    "xtask",
];
/// Crates that attack the kernel or read the machine's counters, which safe code cannot.
const UNSAFE: &[&str] = &["app/common/attacks", "app/bench/machine"];
/// Words for work that is not done.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("to", "do!("),
];

/// Checks every Rust file.
///
/// # Errors
/// All findings, one a line.
pub(crate) fn check(root: &Path) -> Result<()> {
    let mut files = Vec::new();
    collect(root, Path::new(""), "rs", &mut files)?;
    let mut findings = Vec::new();
    for path in &files {
        let text = fs::read_to_string(root.join(path)).context(path.display().to_string())?;
        findings.extend(
            file(path, &text)
                .into_iter()
                .map(|finding| format!("{}: {finding}", path.display())),
        );
    }
    ensure!(
        findings.is_empty(),
        "{} findings:\n{}",
        findings.len(),
        findings.join("\n")
    );
    println!("{} files", files.len());
    Ok(())
}

/// Files whose names end so below a folder, without what cargo and the build write.
pub(super) fn collect(
    root: &Path,
    folder: &Path,
    end: &str,
    files: &mut Vec<PathBuf>,
) -> Result<()> {
    for entry in fs::read_dir(root.join(folder)).context(folder.display().to_string())? {
        let path = folder.join(entry?.file_name());
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || name == "target" || path == Path::new("out") {
            continue;
        }
        if root.join(&path).is_dir() {
            collect(root, &path, end, files)?;
        } else if path.extension().is_some_and(|of| of == end) {
            files.push(path);
        }
    }
    Ok(())
}

/// What is wrong with one file.
fn file(path: &Path, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let lines = text.lines().count();
    if lines > MOST_LINES {
        findings.push(format!("{lines} lines, more than {MOST_LINES}: split it"));
    }
    // Compile-fail examples are quoted whole, with their line numbers, in golden messages.
    let example = path
        .components()
        .any(|part| part.as_os_str() == "compile_fail" || part.as_os_str() == "ui");
    if !text.starts_with("//!") && !text.starts_with("#!") && !example {
        findings.push("does not begin with `//!` and what it is for".to_owned());
    }
    findings.extend(
        UNFINISHED
            .iter()
            .filter(|word| text.contains(**word))
            .map(|word| format!("has a `{word}`")),
    );
    if is_safe_root(path) && !text.contains("#![forbid(unsafe_code)]") {
        findings.push("has no `#![forbid(unsafe_code)]`".to_owned());
    }
    findings
}

/// Whether this is the root of a crate that has no `unsafe`.
fn is_safe_root(path: &Path) -> bool {
    let is_root = path.ends_with("src/lib.rs") || path.ends_with("src/main.rs");
    is_root
        && SAFE.iter().any(|folder| path.starts_with(folder))
        && !UNSAFE.iter().any(|folder| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        file(Path::new(path), text).len()
    }

    #[test]
    fn a_driver_forbids_unsafe_code() {
        assert_eq!(findings("drivers/rtc/src/lib.rs", "//! A clock.\n"), 1);
        assert_eq!(
            findings(
                "drivers/rtc/src/lib.rs",
                "//! A clock.\n#![forbid(unsafe_code)]\n"
            ),
            0
        );
        assert_eq!(findings("drivers/rtc/src/civil.rs", "//! Dates.\n"), 0);
        assert_eq!(
            findings("kernel/arch/riscv/src/lib.rs", "//! Entry code.\n"),
            0
        );
    }

    #[test]
    fn a_file_says_what_it_is_for_and_is_short() {
        assert_eq!(findings("userlib/src/a.rs", "use core::fmt;\n"), 1);
        let long = format!("//! Long.\n{}", "\n".repeat(MOST_LINES));
        assert_eq!(findings("userlib/src/a.rs", &long), 1);
    }

    #[test]
    fn unfinished_work_is_found() {
        let text = format!("//! Later.\n// {}: the rest\n", UNFINISHED[0]);
        assert_eq!(findings("userlib/src/a.rs", &text), 1);
    }
}
