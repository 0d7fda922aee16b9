//! All mutants of a source in one text, each behind a switch: `crate::mutants::is(N)`.
//!
//! So a package is compiled once for all of its mutants ("mutant schemata": Untch, Offutt, Harrold, "Mutation
//! Analysis Using Mutant Schemata", 1993). What stands in a constant context cannot ask a switch when the program
//! runs, and stays as it is: that is left to builds of its own. A `const` function becomes one that is not, unless a
//! constant needs it.

use super::edit::{Edit, Kind};
use super::list::Mutant;
use super::places::Finder;
use super::writer::Writer;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use syn::visit::Visit;

/// A source with its mutants behind switches.
#[derive(Debug)]
pub(super) struct Schemata {
    /// The text.
    pub(super) text: String,
    /// Mutants that are in it.
    pub(super) switched: BTreeSet<usize>,
    /// Mutants that cannot compile, whatever else.
    pub(super) hopeless: BTreeSet<usize>,
}

/// What the compiler refused so far.
#[derive(Debug, Default)]
pub(super) struct Refused {
    /// Mutants, by their numbers, that do not compile together with the others.
    pub(super) mutants: BTreeSet<usize>,
    /// Names of functions that a constant calls: they stay `const`.
    pub(super) functions: BTreeSet<String>,
}

/// Puts those mutants of a source behind switches that can be, but for those that were refused. Numbers are indices.
///
/// # Errors
/// When it is no Rust.
pub(super) fn of(
    file: &str,
    source: &str,
    mutants: &[Mutant],
    refused: &Refused,
) -> Result<Schemata> {
    let syntax = syn::parse_file(source).with_context(|| file.to_owned())?;
    let candidates = mutants
        .iter()
        .enumerate()
        .filter(|(number, mutant)| mutant.file == file && !refused.mutants.contains(number));
    let mut finder = Finder::new(candidates.collect(), &refused.functions);
    finder.visit_file(&syntax);
    let Finder {
        mut edits,
        hopeless,
        ..
    } = finder;
    let is_inserted = |edit: &Edit| matches!(edit.kind, Kind::Body);
    let is_arm = |edit: &Edit| matches!(edit.kind, Kind::Arm(_) | Kind::Mark);
    edits.sort_by_key(|edit| {
        let end = usize::MAX - edit.range.end;
        (edit.range.start, !is_inserted(edit), end, !is_arm(edit))
    });
    let writer = Writer {
        source,
        mutants,
        edits: &edits,
    };
    Ok(Schemata {
        text: writer.write(0..source.len(), 0),
        switched: edits.iter().flat_map(|edit| edit.mutants.clone()).collect(),
        hopeless,
    })
}

/// The mutants whose code is at a byte of a text: those of the innermost place.
pub(super) fn at(text: &str, byte: usize) -> Vec<usize> {
    let mut open: Vec<Vec<usize>> = Vec::new();
    let mut rest = &text[..byte];
    while let Some(start) = rest.find("/*[").into_iter().chain(rest.find("/*]")).min() {
        let after = &rest[start + 3..];
        let end = after.find("*/").unwrap_or(after.len());
        if rest[start..].starts_with("/*[") {
            let numbers = after[..end].split(' ');
            open.push(numbers.filter_map(|number| number.parse().ok()).collect());
        } else {
            open.pop();
        }
        rest = after;
    }
    open.pop().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(genre: &str, replacement: &str, start: (usize, usize)) -> Mutant {
        Mutant {
            file: "x.rs".to_owned(),
            change: String::new(),
            genre: genre.to_owned(),
            start,
            end: start,
            replacement: replacement.to_owned(),
        }
    }

    /// The text without the comments that enclose mutants, and with short switches.
    fn written(source: &str, mutants: &[Mutant]) -> Schemata {
        with_constant_functions(source, mutants, &[])
    }

    fn with_constant_functions(source: &str, mutants: &[Mutant], names: &[&str]) -> Schemata {
        let refused = Refused {
            functions: names.iter().map(ToString::to_string).collect(),
            ..Refused::default()
        };
        let mut schemata = of("x.rs", source, mutants, &refused).expect("Rust");
        let mut text = schemata.text.replace("crate::mutants::is", "is");
        while let Some(start) = text.find("/*") {
            let end = text[start..].find("*/").expect("an end") + start + 2;
            text.replace_range(start..end, "");
        }
        syn::parse_file(&text).expect("Rust");
        schemata.text = text;
        schemata
    }

    #[test]
    fn operators_are_chosen_and_operands_evaluated_once() {
        let source = "fn f() -> bool { g() + 1 < !h() && i() }";
        let mutants = [
            mutant("BinaryOperator", "-", (1, 22)),
            mutant("BinaryOperator", "<=", (1, 26)),
            mutant("UnaryOperator", "", (1, 28)),
            mutant("BinaryOperator", "||", (1, 33)),
            mutant("FnValue", "true", (1, 18)),
        ];
        let schemata = written(source, &mutants);
        assert_eq!(schemata.switched.len(), 5);
        let sum = "(match (g(), 1) { (l, r) => if is(0) { l - r } else { l + r } })";
        let not = "(match (h()) { x => if is(2) { x } else { !x } })";
        let less = format!(
            "(match (&({sum}), &({not})) {{ (l, r) => if is(1) {{ l <= r }} else {{ l < r }} }})"
        );
        let both = format!("({{ let l = {less}; if l != (is(3)) {{ i() }} else {{ l }} }})");
        assert_eq!(
            schemata.text,
            format!("fn f() -> bool {{ if is(4) {{ return true; }} else {{  }}{both} }}")
        );
    }

    #[test]
    fn arms_guards_and_fields_are_chosen() {
        let source = "\
fn f() -> S {
    match a {
        1 => {}
        2 if b => {}
        _ => {}
    }
    S { c: 1, d, ..e }
}";
        let mutants = [
            mutant("MatchArm", "", (3, 9)),
            mutant("MatchArmGuard", "true", (4, 14)),
            mutant("MatchArmGuard", "false", (4, 14)),
            mutant("StructField", "", (7, 9)),
            mutant("StructField", "", (7, 15)),
        ];
        let schemata = written(source, &mutants);
        assert_eq!(schemata.switched.len(), 5);
        let text = schemata.text;
        assert!(text.contains("1 if (!is(0) && (true)) => {}"), "{text}");
        assert!(
            text.contains("2 if (!is(2) && ((is(1) || (b)))) => {}"),
            "{text}"
        );
        assert!(text.contains("c: if is(3) { (e).c } else { 1 }"), "{text}");
        assert!(text.contains("d: if is(4) { (e).d } else { d }"), "{text}");
    }

    #[test]
    fn constants_are_left_alone_and_patterns_have_no_other_operator() {
        let source = "\
const A: u8 = f(1 + 1);
const fn f(x: u8) -> u8 { x + 1 }
fn g(x: u8) -> u8 { x + 1 }
fn h() { if let Some(x) = y && x {} }";
        let mutants = [
            mutant("BinaryOperator", "-", (1, 19)),
            mutant("BinaryOperator", "-", (2, 29)),
            mutant("BinaryOperator", "-", (3, 23)),
            mutant("BinaryOperator", "||", (4, 29)),
        ];
        let schemata = with_constant_functions(source, &mutants, &["f"]);
        assert_eq!(schemata.switched, BTreeSet::from([2]));
        assert_eq!(schemata.hopeless, BTreeSet::from([3]));
        assert!(schemata.text.contains("const fn f(x: u8) -> u8 { x + 1 }"));
        let schemata = written(source, &mutants);
        assert_eq!(schemata.switched, BTreeSet::from([1, 2]));
        let text = schemata.text;
        assert!(
            text.contains("\n fn f(x: u8) -> u8 { (match (x, 1)"),
            "{text}"
        );
    }

    #[test]
    fn an_error_is_the_innermost_mutant_s() {
        let text = "a /*[1 2*/b /*[2*/c/*]*/ d/*]*/ e";
        let at_text = |part: &str| at(text, text.find(part).expect("a part"));
        assert_eq!(at_text("c"), [2]);
        assert_eq!(at_text("d"), [1, 2]);
        assert!(at_text("e").is_empty() && at(text, 0).is_empty());
    }
}
