//! Positions in which the language makes a lifetime invariant or contravariant, found by syntax to give a good message.
//! Nothing relies on this: the compiler checks the proof.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Error, Lifetime, PointerMutability, Result, Type};

use crate::lifetimes::mentions;

/// Refuses `ty` if it shows one of `lifetimes` in a position that cannot be shortened.
///
/// # Errors
///
/// The first such position.
pub(crate) fn check(ty: &Type, lifetimes: &[&Lifetime]) -> Result<()> {
    let mut finder = Finder {
        lifetimes,
        found: None,
    };
    finder.visit_type(ty);
    finder.found.map_or(Ok(()), Err)
}

struct Finder<'a> {
    lifetimes: &'a [&'a Lifetime],
    found: Option<Error>,
}

impl Finder<'_> {
    fn refuse_if_mentioned(&mut self, ty: &Type, span: Span, place: &str) {
        if self.found.is_none() && self.lifetimes.iter().any(|lifetime| mentions(ty, lifetime)) {
            let message = format!(
                "invariant: use `ForLt!` and the closure accessor (a lifetime {place} cannot be \
                 shortened)"
            );
            self.found = Some(Error::new(span, message));
        }
    }
}

impl Visit<'_> for Finder<'_> {
    fn visit_type(&mut self, ty: &Type) {
        match ty {
            Type::Reference(reference) if reference.mutability.is_some() => {
                self.refuse_if_mentioned(
                    &reference.elem,
                    reference.and_token.span,
                    "behind `&mut`",
                );
            }
            Type::Ptr(pointer) if matches!(pointer.mutability, PointerMutability::Mut(_)) => {
                self.refuse_if_mentioned(&pointer.elem, pointer.star_token.span, "behind `*mut`");
            }
            // An argument of an argument is covariant again.
            Type::FnPtr(function) => {
                for argument in &function.inputs {
                    if !contains_function(&argument.ty) {
                        let span = argument.ty.span();
                        self.refuse_if_mentioned(&argument.ty, span, "in a function's argument");
                    }
                }
            }
            _ => visit::visit_type(self, ty),
        }
    }
}

fn contains_function(ty: &Type) -> bool {
    struct Functions(bool);
    impl Visit<'_> for Functions {
        fn visit_type(&mut self, ty: &Type) {
            self.0 |= matches!(ty, Type::FnPtr(_) | Type::TraitObject(_) | Type::Macro(_));
            visit::visit_type(self, ty);
        }
    }
    let mut functions = Functions(false);
    functions.visit_type(ty);
    functions.0
}
