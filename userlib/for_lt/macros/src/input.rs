//! Parses what all the macros take: `(path of the crate) rest`, and `for<'a> Type` in the rest.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Error, Lifetime, Result, Token, Type};

use crate::lifetimes;

/// The input of a macro: the path of the `for_lt` crate, then what the user wrote.
pub(crate) struct Input {
    pub(crate) krate: TokenStream,
    pub(crate) rest: TokenStream,
}

/// Splits the path of the crate, which the wrapping macro put first, from the rest.
pub(crate) fn parse(tokens: TokenStream) -> Result<Input> {
    let parser = |input: ParseStream<'_>| {
        let krate;
        syn::parenthesized!(krate in input);
        Ok(Input {
            krate: krate.parse()?,
            rest: input.parse()?,
        })
    };
    parser.parse2(tokens)
}

/// Expands to a type. An error is put beside the type: otherwise the compiler would replace the macro by `()`, and
/// report that too.
pub(crate) fn as_type(
    input: Input,
    expand: impl FnOnce(&TokenStream, HigherRankedType) -> Result<TokenStream>,
) -> Result<TokenStream> {
    let Input { krate, rest } = input;
    let result = syn::parse2(rest).and_then(|ty| expand(&krate, ty));
    Ok(result.unwrap_or_else(|error| {
        let error = error.into_compile_error();
        quote!(#krate::__private::Refused<{ #error; 0 }>)
    }))
}

/// A type with one bound lifetime.
///
/// Every lifetime in `ty` of the same name as the bound one is the bound one, which is how the
/// compiler sees it too: to it, a lifetime's origin in some macro makes no difference.
pub(crate) struct HigherRankedType {
    pub(crate) lifetime: Lifetime,
    pub(crate) ty: Type,
}

impl Parse for HigherRankedType {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (lifetime, elided) = if input.peek(Token![for]) {
            input.parse::<Token![for]>()?;
            input.parse::<Token![<]>()?;
            let written: Lifetime = input.parse()?;
            if written.ident == "static" || written.ident == "_" {
                return Err(Error::new(written.span(), "this lifetime cannot be bound"));
            }
            if input.peek(Token![,]) && !input.peek2(Token![>]) {
                return Err(input.error("a family has one lifetime; use it in all places"));
            }
            input.parse::<Option<Token![,]>>()?;
            input.parse::<Token![>]>()?;
            let mut lifetime = written.clone();
            lifetime.set_span(Span::mixed_site().located_at(written.span()));
            (lifetime, false)
        } else {
            let name = format!("'elided{}", macro_depth(&input.fork().parse()?));
            (Lifetime::new(&name, Span::mixed_site()), true)
        };
        let mut ty: Type = input.parse()?;
        // Parentheses keep a `for<...>` of the type's own apart; the compiler calls them unneeded.
        while let Type::Paren(inner) = ty {
            ty = *inner.elem;
        }
        lifetimes::bind(&mut ty, &lifetime, elided)?;
        Ok(Self { lifetime, ty })
    }
}

/// A number that is smaller for any macro invoked inside `tokens`. It keeps the lifetimes of
/// nested expansions apart, because the compiler does not let one shadow another.
fn macro_depth(tokens: &TokenStream) -> usize {
    let count = |token| match token {
        TokenTree::Group(group) => macro_depth(&group.stream()),
        TokenTree::Punct(punct) => usize::from(punct.as_char() == '!'),
        _ => 0,
    };
    tokens.clone().into_iter().map(count).sum()
}
