//! Tests and programs that pages name are there. A page that says which test guards a promise must not name one that is
//! gone.

use anyhow::{Context, Result, ensure};
use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// Underscores that make a name one of a test, or of another function that is not in common use.
const LONG: usize = 2;
/// Names of sources that are not of this project.
const FOREIGN: &[&str] = &[
    "light_lpi4a_defconfig",
    "pmp_update_rule_addr",
    "th1520_lpi4a_defconfig",
];

/// Checks every page.
///
/// # Errors
/// All findings, one a line.
pub(crate) fn check(root: &Path) -> Result<()> {
    let (mut sources, mut pages) = (Vec::new(), Vec::new());
    super::rules::collect(root, Path::new(""), "rs", &mut sources)?;
    super::rules::collect(root, Path::new(""), "md", &mut pages)?;
    let mut known: HashSet<String> = FOREIGN.iter().map(|&name| name.to_owned()).collect();
    for path in &sources {
        known.extend(
            path.file_stem()
                .map(|stem| stem.to_string_lossy().into_owned()),
        );
        let text = fs::read_to_string(root.join(path)).context(path.display().to_string())?;
        known.extend(words(&text).filter(|word| is_long(word)).map(str::to_owned));
    }
    let mut findings = Vec::new();
    for path in &pages {
        let text = fs::read_to_string(root.join(path)).context(path.display().to_string())?;
        let place = path.display();
        findings.extend(
            unknown(&text, &known)
                .into_iter()
                .map(|(line, name)| format!("{place}:{line}: nothing is called `{name}`")),
        );
    }
    ensure!(findings.is_empty(), "{}", findings.join("\n"));
    println!("{} pages", pages.len());
    Ok(())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
}

fn is_long(word: &str) -> bool {
    word.matches('_').count() >= LONG && word.contains(|c: char| c.is_ascii_lowercase())
}

/// Lines and names: the last word of code in a line of prose, as in `` `module::tests::name` ``, that no source has.
fn unknown<'t>(text: &'t str, known: &HashSet<String>) -> Vec<(usize, &'t str)> {
    let (mut found, mut in_block) = (Vec::new(), false);
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        }
        if in_block {
            continue;
        }
        let codes = line.split('`').skip(1).step_by(2);
        let names = codes.filter_map(|code| words(code).last().filter(|word| is_long(word)));
        found.extend(
            names
                .filter(|name| !known.contains(*name))
                .map(|name| (index + 1, name)),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_gone_is_found_wherever_a_page_names_it() {
        let known = HashSet::from(["it_is_there".to_owned()]);
        let text = "by `tests::it_is_there`\n| `ui/it_is_gone`, `suite: it_is_there` |\n```\n`it_was_here`\n```\n\
                    `it_was_here` and `set_timer(0, TIMER_BIT)`, `THE_END_OF_IT`";
        assert_eq!(
            unknown(text, &known),
            [(2, "it_is_gone"), (6, "it_was_here")]
        );
    }

    #[test]
    fn this_project_s_pages_name_what_is_there() {
        check(&crate::root::find().unwrap()).unwrap();
    }
}
