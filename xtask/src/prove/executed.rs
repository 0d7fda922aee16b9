//! Every `unsafe` block is executed by a test that runs under Miri too, or is listed with its reason.
//!
//! Miri keeps no record of what it executed. So the same tests run once more with the compiler's
//! counters, without those that Miri leaves out; what those count, Miri has executed.

use super::coverage::Coverage;
use super::scan::{self, Block};
use anyhow::{Context, Result, bail};
use leasehold_build::Workspace;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The list, and the heading that it stands under.
const LIST: (&str, &str) = (
    "docs/soundness.md",
    "## Unsafe code that no test on the host executes",
);

/// A function of a file, and how many blocks in it.
type Counts = BTreeMap<(String, String), usize>;

/// Checks all sources of these packages, each with its folder.
///
/// # Errors
/// When a block is neither executed nor listed, or listed and gone or executed.
pub(super) fn check(workspace: &Workspace, packages: &[(&str, &str)]) -> Result<()> {
    let root = workspace.root().canonicalize().context("the repository")?;
    let coverage = Coverage::of_tests(workspace, packages.iter().map(|(package, _)| *package))?;
    let (mut blocks, mut not_executed, mut lines) = (0, Counts::new(), Vec::new());
    for (_, folder) in packages {
        for path in sources(&root.join(folder))? {
            let source = std::fs::read_to_string(&path).context("a source")?;
            let file = path
                .strip_prefix(&root)
                .unwrap_or(&path)
                .display()
                .to_string();
            for block in scan::blocks(&path, &source)? {
                blocks += 1;
                if block.left_out || !coverage.is_executed(&path, &block) {
                    lines.push(format!("{file}:{} in `{}`", block.start.0, block.function));
                    *not_executed.entry(key(&file, &block)).or_default() += 1;
                }
            }
        }
    }
    let text = std::fs::read_to_string(root.join(LIST.0)).context(LIST.0)?;
    let problems = compare(&not_executed, &listed(&text)?);
    if !problems.is_empty() {
        bail!(
            "{}\nnot executed:\n{}\nthe list is in {}",
            problems.join("\n"),
            lines.join("\n"),
            LIST.0
        );
    }
    let listed: usize = not_executed.values().sum();
    println!(
        "{blocks} unsafe blocks: {} executed by tests that run under Miri, {listed} listed",
        blocks - listed
    );
    Ok(())
}

fn key(file: &str, block: &Block) -> (String, String) {
    (file.to_owned(), block.function.clone())
}

/// The Rust files of a folder and those in it.
fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry.context("an entry")?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The list: rows of file, function, number of blocks, reason.
fn listed(text: &str) -> Result<Counts> {
    let (_, section) = text
        .split_once(LIST.1)
        .with_context(|| format!("no heading `{}`", LIST.1))?;
    let section = section
        .split_once("\n## ")
        .map_or(section, |(section, _)| section);
    let mut counts = Counts::new();
    for line in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let &[file, function, count, reason] = cells.as_slice() else {
            bail!("not four cells: {line}");
        };
        let count = count
            .parse()
            .with_context(|| format!("no number: {line}"))?;
        if reason.is_empty() {
            bail!("no reason: {line}");
        }
        let bare = |text: &str| text.trim_matches('`').to_owned();
        if counts.insert((bare(file), bare(function)), count).is_some() {
            bail!("twice: {line}");
        }
    }
    Ok(counts)
}

/// What is in one and not in the other.
fn compare(not_executed: &Counts, listed: &Counts) -> Vec<String> {
    let mut keys: Vec<_> = not_executed.keys().chain(listed.keys()).collect();
    keys.sort();
    keys.dedup();
    let problem = |key: &(String, String)| {
        let count = |counts: &Counts| counts.get(key).copied().unwrap_or(0);
        let (not_executed, listed) = (count(not_executed), count(listed));
        let (file, function) = key;
        (not_executed != listed).then(|| {
            format!("{file}, `{function}`: {not_executed} unsafe blocks are not executed, {listed} are listed")
        })
    };
    keys.into_iter().filter_map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
## Unsafe code that no test on the host executes
Words.
| file | function | blocks | why |
|---|---|---|---|
| `a.rs` | `$name` | 2 | It is `asm!`. |
| `b.rs` | `f` | 1 | A symbol. |
## Next
| `c.rs` | `f` | 1 | Not of the list. |
";

    fn counts(all: &[(&str, &str, usize)]) -> Counts {
        let entry = |&(file, function, count): &(&str, &str, usize)| {
            ((file.to_owned(), function.to_owned()), count)
        };
        all.iter().map(entry).collect()
    }

    #[test]
    fn the_list_is_read() {
        let wanted = counts(&[("a.rs", "$name", 2), ("b.rs", "f", 1)]);
        assert_eq!(listed(TEXT).expect("a list"), wanted);
        assert!(listed("## Other").is_err());
        assert!(listed(&TEXT.replace("| It is `asm!`. ", "")).is_err());
        assert!(listed(&TEXT.replace("It is `asm!`.", "")).is_err());
        assert!(listed(&TEXT.replace("`b.rs` | `f`", "`a.rs` | `$name`")).is_err());
    }

    #[test]
    fn neither_executed_nor_listed_is_a_problem_and_so_is_listed_and_gone() {
        let list = listed(TEXT).expect("a list");
        assert!(compare(&list, &list).is_empty());
        let more = counts(&[("a.rs", "$name", 3), ("b.rs", "f", 1)]);
        assert_eq!(
            compare(&more, &list),
            ["a.rs, `$name`: 3 unsafe blocks are not executed, 2 are listed"]
        );
        let other = counts(&[("a.rs", "$name", 2), ("b.rs", "g", 1)]);
        assert_eq!(compare(&other, &list).len(), 2, "one is gone, one is new");
    }
}
