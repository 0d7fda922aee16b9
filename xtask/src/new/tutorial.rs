//! The tutorial in CONTRIBUTING.md, as steps that a test replays.

use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// What stands around it.
const BEGIN: &str = "<!-- tutorial -->\n";
const END: &str = "<!-- end of tutorial -->";

/// A step of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// This text comes into this file, in place of what stands there between the text's first line and its last.
    Edit { file: String, text: String },
    /// A line to be typed.
    Type(String),
}

/// The steps in the text of CONTRIBUTING.md.
///
/// # Errors
/// It has no tutorial, or one with Rust that belongs to no file.
pub(crate) fn steps(text: &str) -> Result<Vec<Step>> {
    let (_, rest) = text.split_once(BEGIN).context("no tutorial")?;
    let (tutorial, _) = rest.split_once(END).context("no end of the tutorial")?;
    let mut steps = Vec::new();
    let (mut before, mut lines) = (String::new(), tutorial.lines());
    while let Some(line) = lines.next() {
        let Some(language) = line.trim().strip_prefix("```") else {
            before += line;
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        let block = lines.by_ref().take_while(|line| line.trim() != "```");
        let block = block.map(|line| line.get(indent..).unwrap_or(""));
        if language == "rust" {
            let mut words = before.split('`');
            let file = words.find(|word| word.ends_with(".rs"));
            let file = file.with_context(|| format!("no file in `{before}`"))?;
            steps.push(Step::Edit {
                file: file.to_owned(),
                text: block.map(|line| format!("{line}\n")).collect(),
            });
        } else {
            steps.extend(block.map(|line| Step::Type(line.to_owned())));
        }
        before.clear();
    }
    Ok(steps)
}

/// Puts a step's text into its file below this folder.
///
/// # Errors
/// The file has not the text's first and last line.
pub(crate) fn edit(root: &Path, file: &str, text: &str) -> Result<()> {
    let path = root.join(file);
    let old = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let lines: Vec<&str> = old.lines().collect();
    let place = |line: Option<&str>, from: usize| {
        let line = line.context("an empty text")?;
        let found = lines[from..].iter().position(|one| *one == line);
        found
            .map(|found| from + found)
            .with_context(|| format!("no line `{line}` in {file}"))
    };
    let begin = place(text.lines().next(), 0)?;
    let end = place(text.lines().last(), begin)?;
    let (before, after) = (&lines[..begin], &lines[end + 1..]);
    let all = before.iter().copied().chain(text.lines());
    let new: String = all
        .chain(after.iter().copied())
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(&path, new).with_context(|| file.to_owned())
}
