//! The text of a source in which mutants stand behind switches.

use super::edit::{Edit, Kind};
use super::list::Mutant;
use std::fmt::Write;
use std::ops::Range;

/// A source, its mutants, and what is done with it, in the order of the places.
pub(super) struct Writer<'s> {
    pub(super) source: &'s str,
    pub(super) mutants: &'s [Mutant],
    pub(super) edits: &'s [Edit],
}

impl Writer<'_> {
    /// A part of the source, with the edits in it that come from this one on.
    pub(super) fn write(&self, range: Range<usize>, from: usize) -> String {
        let mut text = String::new();
        let mut at = range.start;
        for (index, edit) in self.edits.iter().enumerate().skip(from) {
            if edit.range.start >= at && edit.range.end <= range.end {
                text += &self.source[at..edit.range.start];
                text += &self.edited(edit, index + 1);
                at = edit.range.end;
            }
        }
        text + &self.source[at..range.end]
    }

    /// What stands in the place of an edit. Comments with the numbers of mutants enclose it.
    fn edited(&self, edit: &Edit, next: usize) -> String {
        let numbers: Vec<_> = edit.mutants.iter().map(ToString::to_string).collect();
        let inner = |range: &Range<usize>| self.write(range.clone(), next);
        let written = match &edit.kind {
            Kind::Mark => inner(&edit.range),
            Kind::Gone => return String::new(),
            Kind::Body => self.cases(edit, |replacement| format!("return {replacement};"), ""),
            Kind::Arm(guard) => self.arm(edit, guard.as_ref().map(&inner)),
            Kind::Field {
                name,
                value,
                base,
                is_short,
            } => {
                let colon = if *is_short {
                    format!("{name}: ")
                } else {
                    String::new()
                };
                let value = inner(value);
                let base = inner(base);
                colon + &self.cases(edit, |_| format!("({base}).{name}"), &value)
            }
            Kind::Unary { operator, operand } => {
                let cases = self.cases(edit, |_| "x".to_owned(), &format!("{operator}x"));
                format!("(match ({}) {{ x => {cases} }})", inner(operand))
            }
            Kind::Binary {
                operator,
                left,
                right,
            } => self.binary(edit, operator, &inner(left), &inner(right)),
        };
        format!("/*[{}*/{written}/*]*/", numbers.join(" "))
    }

    /// A choice among the mutants of an edit, by switches.
    fn cases(&self, edit: &Edit, mutated: impl Fn(&str) -> String, otherwise: &str) -> String {
        let mut text = String::new();
        for &number in &edit.mutants {
            let code = mutated(&self.mutants[number].replacement);
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "/*[{number}*/if crate::mutants::is({number}) {{ {code} }}/*]*/ else "
            );
        }
        text + "{ " + otherwise + " }"
    }

    fn arm(&self, edit: &Edit, guard: Option<String>) -> String {
        let has_guard = guard.is_some();
        let mut condition = guard.unwrap_or_else(|| "true".to_owned());
        for &number in &edit.mutants {
            let is = format!("crate::mutants::is({number})");
            let mutant = &self.mutants[number];
            condition = if mutant.genre == "MatchArmGuard" && mutant.replacement == "true" {
                format!("({is} || ({condition}))")
            } else {
                format!("(!{is} && ({condition}))")
            };
        }
        if has_guard {
            condition
        } else {
            format!(" if {condition}")
        }
    }

    fn binary(&self, edit: &Edit, operator: &str, left: &str, right: &str) -> String {
        match operator {
            "&&" | "||" => {
                // One is mutated to the other.
                let is = edit
                    .mutants
                    .iter()
                    .map(|number| format!("crate::mutants::is({number})"));
                let is = is.collect::<Vec<_>>().join(" || ");
                let (on_true, on_false) = if operator == "&&" {
                    (right, "l")
                } else {
                    ("l", right)
                };
                format!(
                    "({{ let l = {left}; if l != ({is}) {{ {on_true} }} else {{ {on_false} }} }})"
                )
            }
            "==" | "!=" | "<" | "<=" | ">" | ">=" => {
                let cases = self.cases(
                    edit,
                    |other| format!("l {other} r"),
                    &format!("l {operator} r"),
                );
                format!("(match (&({left}), &({right})) {{ (l, r) => {cases} }})")
            }
            _ if operator.ends_with('=') => {
                let place = left;
                let assigned = |other: &str| format!("{place} {other} r;");
                let cases = self.cases(edit, assigned, &assigned(operator));
                format!("({{ let r = {right}; {cases} }})")
            }
            _ => {
                let cases = self.cases(
                    edit,
                    |other| format!("l {other} r"),
                    &format!("l {operator} r"),
                );
                format!("(match ({left}, {right}) {{ (l, r) => {cases} }})")
            }
        }
    }
}
