//! Every dependency's licence is one that goes with the project's own.

use anyhow::{Context, Result, ensure};
use leasehold_build::Workspace;
use serde_json::Value;

/// Licences that are compatible with "MIT OR Apache-2.0" and ask no more of a user than a notice.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Checks all packages that the host's and the boards' builds use.
///
/// # Errors
/// The packages whose licence is not on the list.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let output = workspace
        .cargo()
        .args([
            "metadata",
            "--format-version",
            "1",
            "--filter-platform",
            "x86_64-unknown-linux-gnu",
        ])
        .args(["--filter-platform", "riscv64imac-unknown-none-elf"])
        .output()
        .context("cannot run cargo")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata names no packages")?;
    let bad: Vec<String> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(allows))
        .map(|package| format!("{} ({})", package["name"], package["license"]))
        .collect();
    ensure!(
        bad.is_empty(),
        "licences that are not on the list: {}",
        bad.join(", ")
    );
    println!("{} packages", packages.len());
    Ok(())
}

/// Whether an SPDX expression can be met with licences of the list. Crates of old write `/` for `OR`.
fn allows(expression: &str) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    any(&words, &mut at) && at == words.len()
}

/// `all OR all …`
fn any(words: &[&str], at: &mut usize) -> bool {
    let mut met = all(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= all(words, at);
    }
    met
}

/// `one AND one …`
fn all(words: &[&str], at: &mut usize) -> bool {
    let mut met = one(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= one(words, at);
    }
    met
}

/// A licence, with its exception, or an expression in brackets.
fn one(words: &[&str], at: &mut usize) -> bool {
    let Some(word) = words.get(*at) else {
        return false;
    };
    *at += 1;
    if *word == "(" {
        let met = any(words, at);
        let closed = words.get(*at) == Some(&")");
        *at += 1;
        return met && closed;
    }
    let mut licence = (*word).to_owned();
    if let Some(["WITH", exception]) = words.get(*at..*at + 2) {
        *at += 2;
        licence = format!("{licence} WITH {exception}");
    }
    ALLOWED.contains(&licence.as_str())
}

#[cfg(test)]
mod tests {
    use super::allows;

    #[test]
    fn expressions_are_met_by_the_list() {
        for expression in [
            "MIT",
            "MIT OR Apache-2.0",
            "MIT/Apache-2.0",
            "GPL-3.0 OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
        ] {
            assert!(allows(expression), "{expression}");
        }
    }

    #[test]
    fn what_is_not_on_the_list_is_refused() {
        for expression in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT OR Apache-2.0) AND MPL-2.0",
            "Apache-2.0 WITH Other-exception",
            "(MIT",
            "MIT Apache-2.0",
        ] {
            assert!(!allows(expression), "{expression}");
        }
    }
}
