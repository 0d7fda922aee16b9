//! The derives: `Bar<'static, T>` becomes the family of `Bar<'a, T>`. All proofs are the
//! compiler's, on ordinary trait implementations.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::visit::Visit;
use syn::visit_mut::VisitMut;
use syn::{
    DeriveInput, Error, Field, GenericParam, Generics, Lifetime, Result, WherePredicate,
    parse_quote,
};

use crate::item::{LONG, SHORT, prove};
use crate::lifetimes::same;
use crate::variance;

/// Expands `Family`, or `CovariantFamily` if `covariant`.
pub(crate) fn expand(input: DeriveInput, covariant: bool) -> Result<TokenStream> {
    let krate = crate_path(&input)?;
    if covariant {
        check_fields(&input)?;
    }
    let name = &input.ident;
    let lifetime = |name| Lifetime::new(name, Span::mixed_site());
    let (of, short, long) = (lifetime("'of"), lifetime(SHORT), lifetime(LONG));

    let arguments = |lifetime: &Lifetime| {
        let arguments = input.generics.params.iter().map(|param| match param {
            GenericParam::Lifetime(_) => quote!(#lifetime),
            GenericParam::Type(param) => {
                let ident = &param.ident;
                quote!(#ident)
            }
            GenericParam::Const(param) => {
                let ident = &param.ident;
                quote!(#ident)
            }
        });
        quote!(#name<#(#arguments),*>)
    };
    let family = arguments(&lifetime("'static"));
    let (of_of, of_short, of_long) = (arguments(&of), arguments(&short), arguments(&long));

    let generics = at_static(&input.generics);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let proof = covariant.then(|| {
        prove(
            &krate,
            &quote!(#impl_generics),
            &family,
            &quote!(#where_clause),
            [&of_short, &of_long],
        )
    });
    Ok(quote! {
        impl #impl_generics #krate::ForLt for #family #where_clause {
            type Of<#of> = #of_of;
        }
        #proof
    })
}

/// The generics of the implementation: without the lifetime parameters, each `'static` instead,
/// and with types that hold no other lifetime.
fn at_static(generics: &Generics) -> Generics {
    struct Static<'a>(Vec<&'a Lifetime>);
    impl VisitMut for Static<'_> {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if self.0.iter().any(|param| same(param, lifetime)) {
                *lifetime = Lifetime::new("'static", lifetime.span());
            }
        }
    }
    let params = generics.lifetimes().map(|param| &param.lifetime).collect();
    let mut result = generics.clone();
    result.params = generics
        .params
        .iter()
        .filter(|param| !matches!(param, GenericParam::Lifetime(_)))
        .cloned()
        .collect();
    let where_clause = result.make_where_clause();
    where_clause.predicates = where_clause
        .predicates
        .iter()
        .filter(|predicate| !matches!(predicate, WherePredicate::Lifetime(_)))
        .cloned()
        .collect();
    for param in generics.type_params() {
        let ident = &param.ident;
        where_clause.predicates.push(parse_quote!(#ident: 'static));
    }
    Static(params).visit_generics_mut(&mut result);
    result
}

/// The path of the `for_lt` crate: `#[for_lt(crate = path)]`, or `::for_lt`.
fn crate_path(input: &DeriveInput) -> Result<TokenStream> {
    let mut path = quote!(::for_lt);
    for attribute in &input.attrs {
        if attribute.path().is_ident("for_lt") {
            attribute.parse_nested_meta(|meta| {
                if !meta.path.is_ident("crate") {
                    return Err(Error::new_spanned(&meta.path, "expected `crate = path`"));
                }
                let value: syn::Path = meta.value()?.parse()?;
                path = quote!(#value);
                Ok(())
            })?;
        }
    }
    Ok(path)
}

/// Refuses fields that show by their syntax that the type is not covariant.
fn check_fields(input: &DeriveInput) -> Result<()> {
    struct Check<'a>(Vec<&'a Lifetime>, Result<()>);
    impl Visit<'_> for Check<'_> {
        fn visit_field(&mut self, field: &Field) {
            if self.1.is_ok() {
                self.1 = variance::check(&field.ty, &self.0);
            }
        }
    }
    let params = input.generics.lifetimes().map(|param| &param.lifetime);
    let mut check = Check(params.collect(), Ok(()));
    check.visit_data(&input.data);
    check.1
}
