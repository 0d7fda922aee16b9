//! Where the mutants of a source are, and what is done there.

use super::edit::{Edit, Kind};
use super::list::Mutant;
use proc_macro2::Span;
use std::collections::BTreeSet;
use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Arm, BinOp, Expr, ExprBinary, ExprStruct, ExprUnary, UnOp};

/// Goes through a source and looks for the places of these mutants.
pub(super) struct Finder<'m> {
    in_constant: bool,
    mutants: Vec<(usize, &'m Mutant)>,
    constant_functions: &'m BTreeSet<String>,
    /// What is to be done.
    pub(super) edits: Vec<Edit>,
    /// Mutants that cannot compile, whatever else.
    pub(super) hopeless: BTreeSet<usize>,
}

impl<'m> Finder<'m> {
    /// One that has found nothing yet; these functions stay `const`.
    pub(super) fn new(
        mutants: Vec<(usize, &'m Mutant)>,
        constant_functions: &'m BTreeSet<String>,
    ) -> Self {
        Self {
            in_constant: false,
            mutants,
            constant_functions,
            edits: Vec::new(),
            hopeless: BTreeSet::new(),
        }
    }

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
