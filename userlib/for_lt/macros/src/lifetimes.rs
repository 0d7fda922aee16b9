//! Finds and replaces lifetimes in types.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::visit_mut::{self, VisitMut};
use syn::{Error, Lifetime, Macro, Result, Type, TypeReference};

/// Replaces all lifetimes named like `lifetime`, and if `elided` all elided ones, by this `lifetime`. Writes out the
/// lifetimes that the language would default to it.
///
/// # Errors
///
/// An elided lifetime when `elided` is false; `_` or `impl Trait`; a macro that uses the lifetime.
pub(crate) fn bind(ty: &mut Type, lifetime: &Lifetime, elided: bool) -> Result<()> {
    let mut binder = Binder {
        lifetime,
        elided,
        error: None,
    };
    binder.visit_type_mut(ty);
    binder.error.map_or(Ok(()), Err)
}

/// Whether both are one lifetime to the compiler, to which `'r#a` is `'a`.
pub(crate) fn same(one: &Lifetime, other: &Lifetime) -> bool {
    one.ident.unraw() == other.ident.unraw()
}

/// Whether `ty` mentions `lifetime`, also in places that `syn` does not take apart.
pub(crate) fn mentions(ty: &Type, lifetime: &Lifetime) -> bool {
    tokens_mention(&ty.to_token_stream(), lifetime)
}

/// `ty` with `'static` in place of `lifetime`.
pub(crate) fn at_static(ty: &Type, lifetime: &Lifetime) -> Type {
    let mut ty = ty.clone();
    let to = Lifetime::new("'static", Span::mixed_site());
    replace(&mut ty, lifetime, &to);
    ty
}

/// Replaces `from` by `to` in `ty`.
pub(crate) fn replace(ty: &mut Type, from: &Lifetime, to: &Lifetime) {
    Replacer { from, to }.visit_type_mut(ty);
}

struct Binder<'a> {
    lifetime: &'a Lifetime,
    elided: bool,
    error: Option<Error>,
}

impl Binder<'_> {
    fn refuse(&mut self, span: Span, message: &str) {
        let error = Error::new(span, message);
        match &mut self.error {
            Some(errors) => errors.combine(error),
            none => *none = Some(error),
        }
    }
}

impl VisitMut for Binder<'_> {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" && !self.elided {
            self.refuse(lifetime.span(), "after `for<...>`, name every lifetime");
        } else if lifetime.ident == "_" || same(lifetime, self.lifetime) {
            let span = self.lifetime.span().located_at(lifetime.span());
            *lifetime = self.lifetime.clone();
            lifetime.set_span(span);
        }
    }

    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        visit_mut::visit_type_reference_mut(self, reference);
        if reference.lifetime.is_none() {
            let span = reference.and_token.span;
            if self.elided {
                let mut lifetime = self.lifetime.clone();
                lifetime.set_span(self.lifetime.span().located_at(span));
                reference.lifetime = Some(lifetime);
            } else {
                self.refuse(span, "after `for<...>`, name every lifetime");
            }
        }
        if reference.lifetime.as_ref() == Some(self.lifetime) {
            bound_object(&mut reference.elem, self.lifetime);
        }
    }

    fn visit_type_mut(&mut self, ty: &mut Type) {
        match ty {
            Type::Infer(infer) => {
                self.refuse(infer.underscore_token.span, "write the type out");
            }
            Type::ImplTrait(ty) => self.refuse(ty.impl_token.span, "write the type out"),
            _ => visit_mut::visit_type_mut(self, ty),
        }
    }

    fn visit_macro_mut(&mut self, invocation: &mut Macro) {
        if tokens_mention(&invocation.tokens, self.lifetime) {
            self.refuse(
                invocation.path.segments[0].ident.span(),
                "a macro cannot use the lifetime of the family; write its result out",
            );
        }
    }
}

/// Spells out the default bound of `dyn Trait` as the target of a reference.
fn bound_object(target: &mut Type, lifetime: &Lifetime) {
    match target {
        Type::Paren(inner) => bound_object(&mut inner.elem, lifetime),
        Type::Group(inner) => bound_object(&mut inner.elem, lifetime),
        Type::TraitObject(object) => {
            let bounded = object
                .bounds
                .iter()
                .any(|bound| matches!(bound, syn::TypeParamBound::Lifetime(_)));
            if !bounded {
                let mut object = object.clone();
                object
                    .bounds
                    .push(syn::TypeParamBound::Lifetime(lifetime.clone()));
                *target = syn::parse_quote!((#object));
            }
        }
        _ => {}
    }
}

/// Whether `tokens` contain the name of `lifetime`, as a lifetime.
fn tokens_mention(tokens: &TokenStream, lifetime: &Lifetime) -> bool {
    let mut after_apostrophe = false;
    tokens.clone().into_iter().any(|token| {
        let found = match &token {
            TokenTree::Group(group) => tokens_mention(&group.stream(), lifetime),
            TokenTree::Ident(ident) => after_apostrophe && ident.unraw() == lifetime.ident.unraw(),
            _ => false,
        };
        after_apostrophe = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\'');
        found
    })
}

struct Replacer<'a> {
    from: &'a Lifetime,
    to: &'a Lifetime,
}

impl VisitMut for Replacer<'_> {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if same(lifetime, self.from) {
            *lifetime = self.to.clone();
        }
    }
}
