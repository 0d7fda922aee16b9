//! Lines of prose, in comments and in Markdown, are short enough to be read and to be compared side by side.

use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;

/// Characters of a line of prose.
const MOST: usize = 120;
/// Ends of names of files with prose, and what marks it there; all of a Markdown file is prose.
const KINDS: &[(&str, &[&str])] = &[
    ("rs", &["//!", "///", "//"]),
    ("toml", &["#"]),
    ("s", &["#"]),
    ("md", &[""]),
];

/// Checks every file with prose.
///
/// # Errors
/// All findings, one a line.
pub(crate) fn check(root: &Path) -> Result<()> {
    let mut files = Vec::new();
    for (end, _) in KINDS {
        super::rules::collect(root, Path::new(""), end, &mut files)?;
    }
    let mut findings = Vec::new();
    for path in &files {
        let text = fs::read_to_string(root.join(path)).context(path.display().to_string())?;
        let place = path.display();
        findings.extend(
            long_lines(path, &text)
                .into_iter()
                .map(|(line, length)| format!("{place}:{line}: {length} characters")),
        );
    }
    ensure!(
        findings.is_empty(),
        "{} lines of prose longer than {MOST} characters:\n{}",
        findings.len(),
        findings.join("\n")
    );
    println!("{} files", files.len());
    Ok(())
}

/// Numbers and lengths of lines that are too long. Tables and code are not prose, and a long word cannot be broken.
fn long_lines(path: &Path, text: &str) -> Vec<(usize, usize)> {
    let end = path.extension().unwrap_or_default();
    let marks = KINDS.iter().find(|(kind, _)| end == *kind);
    let marks = marks.map_or(&[][..], |(_, marks)| *marks);
    let (mut found, mut in_code) = (Vec::new(), false);
    for (index, line) in text.lines().enumerate() {
        let prose = marks
            .iter()
            .find_map(|mark| line.trim_start().strip_prefix(mark));
        let Some(prose) = prose.map(str::trim) else {
            in_code = false;
            continue;
        };
        if prose.starts_with("```") {
            in_code = !in_code;
        }
        let length = line.chars().count();
        if length > MOST && !in_code && !prose.starts_with('|') && prose.contains(' ') {
            found.push((index + 1, length));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(path: &str, text: &str) -> Vec<usize> {
        let found = long_lines(Path::new(path), text);
        found.into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn a_long_line_of_prose_is_found_in_every_kind_of_file() {
        let words = "word ".repeat(24);
        for (path, mark) in [
            ("a.rs", "//"),
            ("a.rs", "    ///"),
            ("a.rs", "//!"),
            ("a.md", ""),
            ("a.toml", "#"),
            ("a.s", "#"),
        ] {
            let text = format!("{mark} short\n{mark} {words}end\n");
            assert_eq!(finds(path, &text), [2], "{path} {mark}");
        }
        // Characters, not bytes.
        assert_eq!(finds("a.md", &format!("{} …", "é".repeat(118))), [0; 0]);
        assert_eq!(finds("a.md", &format!("{} …", "é".repeat(119))), [1]);
    }

    #[test]
    fn tables_code_and_addresses_may_be_long() {
        let words = "word ".repeat(30);
        assert_eq!(finds("a.md", &format!("| {words} |\n")), [0; 0]);
        assert_eq!(
            finds("a.md", &format!("```text\n{words}\n```\n{words}\n")),
            [4]
        );
        assert_eq!(
            finds("a.rs", &format!("/// ```\n/// {words}\n/// ```\n")),
            [0; 0]
        );
        assert_eq!(finds("a.rs", &format!("let a = \"{words}\";\n")), [0; 0]);
        assert_eq!(
            finds("a.rs", &format!("// https://{}\n", "a".repeat(130))),
            [0; 0]
        );
    }

    #[test]
    fn this_project_has_no_long_line_of_prose() {
        check(&crate::root::find().unwrap()).unwrap();
    }
}
