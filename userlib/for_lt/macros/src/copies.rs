//! The conditions under which a copy of a type means the same in another place: no `Self`, no macro, no attribute, and
//! a scope without a name that the type also has.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::format_ident;
use syn::ext::IdentExt;
use syn::{Error, Result};

/// Refuses everything that may mean another type in the copy.
///
/// # Errors
///
/// `Self`; a macro, which may expand to `Self` or to any name; an attribute, which may be a macro.
pub(crate) fn check(tokens: &TokenStream) -> Result<()> {
    let mut flat = Vec::new();
    flatten(tokens, &mut flat);
    for (at, token) in flat.iter().enumerate() {
        let refusal = match token {
            TokenTree::Ident(ident) if ident.unraw() == "Self" => {
                "`Self` would be another type where this one is proved: write the name of the type, \
                 or name the family with `family!`"
            }
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                "an attribute may be a macro, and a macro may mean another thing where this type \
                 is proved: use a type alias or a constant for the part that has it"
            }
            TokenTree::Punct(punct) if punct.as_char() == '!' && opens(flat.get(at + 1)) => {
                "a macro may mean another type where this one is proved: use a type alias or a \
                 constant for its result"
            }
            _ => continue,
        };
        return Err(Error::new(token.span(), refusal));
    }
    Ok(())
}

/// Whether it is a token in brackets, as after the `!` of a macro.
fn opens(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Group(_)))
}

/// Lists all tokens. The contents of brackets come after the brackets. Invisible brackets, which the compiler ignores,
/// are left out.
fn flatten(tokens: &TokenStream, into: &mut Vec<TokenTree>) {
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                flatten(&group.stream(), into);
            }
            TokenTree::Group(group) => {
                let inside = group.stream();
                into.push(TokenTree::Group(group));
                flatten(&inside, into);
            }
            token => into.push(token),
        }
    }
}

/// A name that does not occur in `types`. An item with a name from there would shadow what the types refer to, and the
/// proof would be about another type.
pub(crate) fn unused_name(types: &[TokenStream]) -> Ident {
    let mut flat = Vec::new();
    types.iter().for_each(|tokens| flatten(tokens, &mut flat));
    // `r#name` and `name` are one name to the compiler.
    let names: BTreeSet<String> = flat
        .iter()
        .filter_map(|token| match token {
            TokenTree::Ident(ident) => Some(ident.unraw().to_string()),
            _ => None,
        })
        .collect();
    let mut index = 0_u32;
    loop {
        let name = format_ident!("ProofOfWellFormedness{}", index, span = Span::mixed_site());
        if !names.contains(&name.to_string()) {
            return name;
        }
        index += 1;
    }
}
