//! `#[derive(Lendable)]`: a payload field by field.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Fields, Index, Lifetime, Member, Result, Type, parse_quote};

/// The whole expansion.
pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let item: DeriveInput = syn::parse2(item)?;
    let Data::Struct(data) = &item.data else {
        return Err(Error::new_spanned(
            &item.ident,
            "only a structure can be lent: the other task could choose another variant at any time",
        ));
    };
    let mut generics = item.generics.clone();
    let mut lifetimes = item.generics.lifetimes();
    let lifetime = match (lifetimes.next(), lifetimes.next()) {
        (None, _) => {
            let lifetime = Lifetime::new("'__lent", Span::call_site());
            generics.params.insert(0, parse_quote!(#lifetime));
            lifetime
        }
        (Some(only), None) => only.lifetime.clone(),
        (Some(_), Some(second)) => {
            return Err(Error::new_spanned(
                second,
                "a payload has one lifetime: that of the binding",
            ));
        }
    };
    let name = &item.ident;
    let fields = match &data.fields {
        Fields::Named(fields) => &fields.named,
        Fields::Unnamed(fields) => &fields.unnamed,
        Fields::Unit => &Default::default(),
    };
    let members: Vec<Member> = fields
        .iter()
        .enumerate()
        .map(|(at, field)| match &field.ident {
            Some(name) => Member::Named(name.clone()),
            None => Member::Unnamed(Index::from(at)),
        })
        .collect();
    let lends = fields.iter().zip(&members).map(|(field, member)| {
        let ty = &field.ty;
        quote_spanned! { ty.span() => <#ty as ::userlib::auxiliary::Lendable<#lifetime>>::lend(&offer.#member, to)?; }
    });
    let receives = fields.iter().zip(&members).map(|(field, member)| {
        let ty = &field.ty;
        quote_spanned! { ty.span() => #member: <#ty as ::userlib::auxiliary::Lendable<#lifetime>>::receive(from)?, }
    });
    let offer = offer(&item)?;
    let (implementation, _, _) = generics.split_for_impl();
    let (_, arguments, _) = item.generics.split_for_impl();
    let mut clause = item
        .generics
        .where_clause
        .clone()
        .unwrap_or_else(|| parse_quote!(where));
    for parameter in item.generics.type_params() {
        let parameter = &parameter.ident;
        clause
            .predicates
            .push(parse_quote!(#parameter: ::userlib::auxiliary::Lendable<#lifetime>));
    }
    Ok(quote! {
        impl #implementation ::userlib::auxiliary::Lendable<#lifetime> for #name #arguments #clause {
            type Offer = #offer;

            fn lend(offer: &Self::Offer, to: &mut ::userlib::auxiliary::Lender<'_>) -> ::core::result::Result<(), ::userlib::Error> {
                #(#lends)*
                let _ = (offer, to);
                ::core::result::Result::Ok(())
            }

            fn receive(from: &mut ::userlib::auxiliary::Receiver<'_, #lifetime>) -> ::core::result::Result<Self, ::userlib::Error> {
                let _ = &from;
                ::core::result::Result::Ok(Self { #(#receives)* })
            }
        }
    })
}

/// What the parent gives, by the attribute `#[offer(Type)]`. Without one it gives a payload of the same type.
fn offer(item: &DeriveInput) -> Result<Type> {
    let mut attributes = item
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("offer"));
    match (attributes.next(), attributes.next()) {
        (None, _) => Ok(parse_quote!(Self)),
        (Some(only), None) => only.parse_args(),
        (Some(_), Some(second)) => Err(Error::new_spanned(
            second,
            "a parent gives one type for a payload",
        )),
    }
}
