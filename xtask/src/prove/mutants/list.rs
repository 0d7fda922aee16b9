//! The mutants that cargo-mutants makes of a package.

use anyhow::{Context, Result, ensure};
use leasehold_build::Workspace;
use serde_json::Value;
use std::fmt;

/// A place in a source text: line and column, from 1.
pub(super) type Position = (usize, usize);

/// One changed place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mutant {
    /// The source, from the repository's root.
    pub(super) file: String,
    /// What is changed, in words, without the place.
    pub(super) change: String,
    /// Kind of change: `FnValue`, `BinaryOperator` …
    pub(super) genre: String,
    /// Where it starts.
    pub(super) start: Position,
    /// Where it ends.
    pub(super) end: Position,
    /// What stands there instead.
    pub(super) replacement: String,
}

impl Mutant {
    /// Whether it compiles nowhere, if it does not compile as a `return` at the function's start: a value in the place
    /// of the body has the same type, unless only the body says which type that is.
    pub(super) fn is_hopeless_if_refused(&self) -> bool {
        let type_of_result = self.change.split_once(" -> ").map(|(_, rest)| rest);
        self.genre == "FnValue" && !type_of_result.is_some_and(|rest| rest.contains("impl "))
    }

    /// A source with this change in it.
    pub(super) fn applied_to(&self, source: &str) -> String {
        let byte_of = |(line, column): Position| -> usize {
            let lines = source.split_inclusive('\n').take(line - 1);
            let before: usize = lines.map(str::len).sum();
            let rest = source[before..].chars().take(column - 1);
            before + rest.map(char::len_utf8).sum::<usize>()
        };
        let (before, after) = (&source[..byte_of(self.start)], &source[byte_of(self.end)..]);
        format!("{before}{}{after}", self.replacement)
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.start;
        write!(formatter, "{}:{line}:{column}: {}", self.file, self.change)
    }
}

/// All mutants of a package.
///
/// # Errors
/// When cargo-mutants cannot be run, or says something unexpected.
pub(super) fn of(workspace: &Workspace, package: &str) -> Result<Vec<Mutant>> {
    let output = workspace
        .cargo()
        .args(["mutants", "--list", "--json", "--package", package])
        .output()
        .context("cannot run cargo")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo mutants: {said}");
    parse(&output.stdout)
}

fn parse(listed: &[u8]) -> Result<Vec<Mutant>> {
    let listed: Vec<Value> = serde_json::from_slice(listed).context("cargo mutants")?;
    let mutants = listed.iter().map(mutant).collect::<Option<Vec<_>>>();
    mutants.context("cargo mutants: another format")
}

fn mutant(value: &Value) -> Option<Mutant> {
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    let place = |end: &str| {
        let place = &value["span"][end];
        let number = |name: &str| usize::try_from(place[name].as_u64()?).ok();
        Some((number("line")?, number("column")?))
    };
    // `file:line:column: change`
    let name = text("name")?;
    let (_, change) = name.split_once(": ")?;
    Some(Mutant {
        file: text("file")?,
        change: change.to_owned(),
        genre: text("genre")?,
        start: place("start")?,
        end: place("end")?,
        replacement: text("replacement")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read() {
        let listed = br#"[{"file":"a/b.rs","genre":"BinaryOperator","replacement":"!=",
            "name":"a/b.rs:26:19: replace == with != in X::check","package":"a",
            "span":{"start":{"column":19,"line":26},"end":{"column":21,"line":26}}}]"#;
        let mutants = parse(listed).expect("a list");
        assert_eq!(mutants.len(), 1);
        assert_eq!(mutants[0].change, "replace == with != in X::check");
        assert_eq!((mutants[0].start, mutants[0].end), ((26, 19), (26, 21)));
        let shown = mutants[0].to_string();
        assert_eq!(shown, "a/b.rs:26:19: replace == with != in X::check");
        assert!(parse(b"[{}]").is_err());
    }

    #[test]
    fn a_value_in_the_place_of_a_body_is_known_to_be_of_its_type_or_not() {
        let is_hopeless = |genre: &str, change: &str| {
            let mutant = Mutant {
                file: "a.rs".to_owned(),
                change: change.to_owned(),
                genre: genre.to_owned(),
                start: (1, 1),
                end: (1, 1),
                replacement: String::new(),
            };
            mutant.is_hopeless_if_refused()
        };
        assert!(is_hopeless(
            "FnValue",
            "replace <impl A for B>::f -> C with D"
        ));
        assert!(is_hopeless("FnValue", "replace f with ()"));
        assert!(!is_hopeless("FnValue", "replace f -> impl A with B"));
        assert!(!is_hopeless("FnValue", "replace f -> Vec<impl A> with B"));
        assert!(!is_hopeless("BinaryOperator", "replace + with - in f"));
    }

    #[test]
    fn a_change_is_made_where_it_is_said_to_be() {
        let mutant = Mutant {
            file: "a.rs".to_owned(),
            change: "replace == with != in f".to_owned(),
            genre: "BinaryOperator".to_owned(),
            start: (2, 8),
            end: (2, 10),
            replacement: "!=".to_owned(),
        };
        let source = "// é\nif é + == b {}\n";
        assert_eq!(mutant.applied_to(source), "// é\nif é + != b {}\n");
    }
}
