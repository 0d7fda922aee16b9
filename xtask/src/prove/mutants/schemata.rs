//! All mutants of a source in one text, each behind a switch: `crate::mutants::is(N)`.
//!
//! So a package is compiled once for all of its mutants ("mutant schemata": Untch, Offutt, Harrold, "Mutation
//! Analysis Using Mutant Schemata", 1993). What stands in a constant context cannot ask a switch when the program
//! runs, and stays as it is: that is left to builds of its own. A `const` function becomes one that is not, unless a
//! constant needs it.

use super::list::Mutant;
use anyhow::{Context, Result};
use proc_macro2::Span;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Arm, BinOp, Expr, ExprBinary, ExprStruct, ExprUnary, UnOp};

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

/// What is done at one place.
#[derive(Debug)]
enum Kind {
    /// Nothing: what is wrong here is the mutants' fault.
    Mark,
    /// It goes away.
    Gone,
    /// The function returns at once.
    Body,
    /// A match arm does not match, or its guard says something else; the guard, if there is one.
    Arm(Option<Range<usize>>),
    /// A field of a structure is that of what fills the others up.
    Field {
        name: String,
        value: Range<usize>,
        base: Range<usize>,
        is_short: bool,
    },
    /// Another operator.
    Binary {
        operator: String,
        left: Range<usize>,
        right: Range<usize>,
    },
    /// No operator.
    Unary {
        operator: char,
        operand: Range<usize>,
    },
}

#[derive(Debug)]
struct Edit {
    range: Range<usize>,
    kind: Kind,
    mutants: Vec<usize>,
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
    let mut finder = Finder {
        in_constant: false,
        mutants: mutants
            .iter()
            .enumerate()
            .filter(|(number, mutant)| mutant.file == file && !refused.mutants.contains(number))
            .collect(),
        constant_functions: &refused.functions,
        edits: Vec::new(),
        hopeless: BTreeSet::new(),
    };
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

struct Finder<'m> {
    in_constant: bool,
    mutants: Vec<(usize, &'m Mutant)>,
    constant_functions: &'m BTreeSet<String>,
    edits: Vec<Edit>,
    hopeless: BTreeSet<usize>,
}

impl Finder<'_> {
    /// The mutants of these kinds that start where this span does.
    fn starting(&self, span: Span, genres: &[&str]) -> Vec<usize> {
        let start = span.start();
        let here = |mutant: &Mutant| {
            mutant.start == (start.line, start.column + 1)
                && genres.contains(&mutant.genre.as_str())
        };
        let found = self.mutants.iter().filter(|(_, mutant)| here(mutant));
        found.map(|(number, _)| *number).collect()
    }

    fn edit(&mut self, range: Range<usize>, mutants: Vec<usize>, kind: Kind) {
        if !mutants.is_empty() && !self.in_constant {
            self.edits.push(Edit {
                range,
                kind,
                mutants,
            });
        }
    }

    fn function(
        &mut self,
        signature: &syn::Signature,
        block: &syn::Block,
        go_on: impl FnOnce(&mut Self),
    ) {
        let before = self.in_constant;
        let name = signature.ident.to_string();
        match signature.constness {
            Some(_) if self.constant_functions.contains(&name) => self.in_constant = true,
            Some(keyword) => self.edits.push(Edit {
                range: keyword.span().byte_range(),
                kind: Kind::Gone,
                mutants: Vec::new(),
            }),
            None => {}
        }
        if let Some(first) = block.stmts.first() {
            let mutants = self.starting(first.span(), &["FnValue"]);
            let at = first.span().byte_range().start;
            self.edit(at..at, mutants, Kind::Body);
        }
        go_on(self);
        self.in_constant = before;
    }

    fn constant(&mut self, go_on: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.in_constant, true);
        go_on(self);
        self.in_constant = before;
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block, |finder| {
            visit::visit_item_fn(finder, item)
        });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block, |finder| {
            visit::visit_impl_item_fn(finder, item)
        });
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.constant(|finder| visit::visit_item_const(finder, item));
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.constant(|finder| visit::visit_impl_item_const(finder, item));
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.constant(|finder| visit::visit_item_static(finder, item));
    }

    fn visit_expr_const(&mut self, item: &'ast syn::ExprConst) {
        self.constant(|finder| visit::visit_expr_const(finder, item));
    }

    fn visit_type(&mut self, item: &'ast syn::Type) {
        self.constant(|finder| visit::visit_type(finder, item));
    }

    fn visit_expr_repeat(&mut self, item: &'ast syn::ExprRepeat) {
        self.visit_expr(&item.expr);
        self.constant(|finder| finder.visit_expr(&item.len));
    }

    fn visit_expr_binary(&mut self, item: &'ast ExprBinary) {
        let mutants = self.starting(item.op.span(), &["BinaryOperator"]);
        if has_let(&item.left) {
            // A condition with a pattern has no other operator than `&&`.
            self.hopeless.extend(mutants);
        } else {
            let kind = Kind::Binary {
                operator: operator(&item.op),
                left: item.left.span().byte_range(),
                right: item.right.span().byte_range(),
            };
            self.edit(item.span().byte_range(), mutants, kind);
        }
        visit::visit_expr_binary(self, item);
    }

    fn visit_expr_unary(&mut self, item: &'ast ExprUnary) {
        let mutants = self.starting(item.op.span(), &["UnaryOperator"]);
        let kind = Kind::Unary {
            operator: if matches!(item.op, UnOp::Not(_)) {
                '!'
            } else {
                '-'
            },
            operand: item.expr.span().byte_range(),
        };
        self.edit(item.span().byte_range(), mutants, kind);
        visit::visit_expr_unary(self, item);
    }

    fn visit_expr_match(&mut self, item: &'ast syn::ExprMatch) {
        // Where an arm is missing, the compiler points to what is matched.
        let arms = item.arms.iter();
        let arms = arms.flat_map(|arm| self.starting(arm.span(), &["MatchArm"]));
        let mutants: Vec<usize> = arms.collect();
        self.edit(item.expr.span().byte_range(), mutants, Kind::Mark);
        visit::visit_expr_match(self, item);
    }

    fn visit_arm(&mut self, item: &'ast Arm) {
        let mut mutants = self.starting(item.span(), &["MatchArm"]);
        if let Some(guard) = guard(item) {
            mutants.extend(self.starting(guard.span(), &["MatchArmGuard"]));
            let range = guard.span().byte_range();
            self.edit(range.clone(), mutants, Kind::Arm(Some(range)));
        } else {
            let end = item.pat.span().byte_range().end;
            self.edit(end..end, mutants, Kind::Arm(None));
        }
        visit::visit_arm(self, item);
    }

    fn visit_expr_struct(&mut self, item: &'ast ExprStruct) {
        if let Some(base) = &item.rest {
            for field in &item.fields {
                let mutants = self.starting(field.span(), &["StructField"]);
                let syn::Member::Named(name) = &field.member else {
                    continue;
                };
                let kind = Kind::Field {
                    name: name.to_string(),
                    value: field.expr.span().byte_range(),
                    base: base.span().byte_range(),
                    is_short: field.colon_token.is_none(),
                };
                let range = if field.colon_token.is_none() {
                    field.span().byte_range()
                } else {
                    field.expr.span().byte_range()
                };
                self.edit(range, mutants, kind);
            }
        }
        visit::visit_expr_struct(self, item);
    }
}

fn guard(arm: &Arm) -> Option<&Expr> {
    match &arm.pat {
        syn::Pat::Guard(pattern) => Some(&pattern.guard),
        _ => None,
    }
}

fn operator(operator: &BinOp) -> String {
    use quote::ToTokens;
    operator.to_token_stream().to_string().replace(' ', "")
}

/// Whether a condition has a pattern in it.
fn has_let(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

struct Writer<'s> {
    source: &'s str,
    mutants: &'s [Mutant],
    edits: &'s [Edit],
}

impl Writer<'_> {
    /// A part of the source, with the edits in it that come from this one on.
    fn write(&self, range: Range<usize>, from: usize) -> String {
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
