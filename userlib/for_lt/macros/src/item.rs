//! `family!` and `covariant_family!`: declare a type that is a family. All proofs are the
//! compiler's, on ordinary trait implementations, so generic parameters are no obstacle.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, GenericParam, Generics, Ident, Lifetime, Result, Token, Visibility};

use crate::input::{HigherRankedType, Input};
use crate::lifetimes::replace;
use crate::variance;

/// The compiler prints these lifetimes when it refuses a proof. Their names are the only place for advice.
pub(crate) const SHORT: &str = "'invariant_use_ForLt_and_the_closure_accessor";
pub(crate) const LONG: &str = "'long";

/// `pub struct Name<T> = for<'a> Type<'a, T>;`
struct Item {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    name: Ident,
    generics: Generics,
    family: HigherRankedType,
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        input.parse::<Token![struct]>()?;
        let name = input.parse()?;
        let mut generics: Generics = input.parse()?;
        generics.where_clause = input.parse()?;
        input.parse::<Token![=]>()?;
        let family = input.parse()?;
        if generics.where_clause.is_none() {
            generics.where_clause = input.parse()?;
        }
        input.parse::<Token![;]>()?;
        Ok(Self {
            attributes,
            visibility,
            name,
            generics,
            family,
        })
    }
}

/// Expands `family!`, or `covariant_family!` if `covariant`.
pub(crate) fn expand(Input { krate, rest }: Input, covariant: bool) -> Result<TokenStream> {
    let Item {
        attributes,
        visibility,
        name,
        generics,
        family: HigherRankedType { lifetime, ty },
    } = syn::parse2(rest)?;
    if covariant {
        variance::check(&ty, &[&lifetime])?;
    }
    let core = quote!(#krate::__private::core);
    let markers = generics.params.iter().filter_map(|param| match param {
        GenericParam::Lifetime(param) => {
            let lifetime = &param.lifetime;
            Some(quote!(#core::marker::PhantomData<&#lifetime ()>))
        }
        GenericParam::Type(param) => {
            let ident = &param.ident;
            Some(quote!(#core::marker::PhantomData<#ident>))
        }
        GenericParam::Const(_) => None,
    });
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let proof = covariant.then(|| {
        let [short, long] = [SHORT, LONG].map(|name| Lifetime::new(name, Span::mixed_site()));
        let [of_short, of_long] = [&short, &long].map(|to| {
            let mut of = ty.clone();
            replace(&mut of, &lifetime, to);
            of
        });
        prove(
            &krate,
            &quote!(#impl_generics),
            &quote!(#name #type_generics),
            &quote!(#where_clause),
            [&quote!(#of_short), &quote!(#of_long)],
        )
    });
    Ok(quote! {
        #(#attributes)*
        #visibility struct #name #generics (
            #core::marker::PhantomData<fn() -> (#(#markers,)*)>
        ) #where_clause;
        impl #impl_generics #krate::ForLt for #name #type_generics #where_clause {
            type Of<#lifetime> = #ty;
        }
        #proof
    })
}

/// The implementation of `ProveCovariant` for `family`, with the members at `'short` and `'long`.
pub(crate) fn prove(
    krate: &TokenStream,
    impl_generics: &TokenStream,
    family: &TokenStream,
    where_clause: &TokenStream,
    [of_short, of_long]: [&TokenStream; 2],
) -> TokenStream {
    let [short, long] = [SHORT, LONG].map(|name| Lifetime::new(name, Span::mixed_site()));
    quote! {
        impl #impl_generics #krate::ProveCovariant for #family #where_clause {
            fn prove<#short, #long: #short>(
                witness: #krate::Witness<#of_long, Self>,
            ) -> #krate::Witness<#of_short, Self> {
                witness
            }
        }
    }
}
