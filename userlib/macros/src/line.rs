//! The line of `log!`: a format string is taken apart when it is compiled, so that a line of words and plain numbers
//! needs no formatting code in the task.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitStr, Token};

/// What `log!` is called with.
struct Call {
    format: LitStr,
    /// Each with its name, if it has one.
    arguments: Vec<(Option<Ident>, Expr)>,
}

impl Parse for Call {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let format = input.parse()?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        let arguments = Punctuated::<Argument, Token![,]>::parse_terminated(input)?;
        let arguments = arguments
            .into_iter()
            .map(|Argument(name, value)| (name, value));
        Ok(Self {
            format,
            arguments: arguments.collect(),
        })
    }
}

struct Argument(Option<Ident>, Expr);

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = if input.peek(Ident) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
            let name = input.parse()?;
            input.parse::<Token![=]>()?;
            Some(name)
        } else {
            None
        };
        Ok(Self(name, input.parse()?))
    }
}

/// A part of a format string.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// Words as they are.
    Words(String),
    /// A value: what it is called, and how it is to be shown.
    Value(String, String),
}

/// The parts of a format string; none when it has something that only the compiler understands.
fn parts(format: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut words = String::new();
    let mut rest = format.chars();
    while let Some(next) = rest.next() {
        match next {
            '{' if rest.as_str().starts_with('{') => {
                rest.next();
                words.push('{');
            }
            '{' => {
                let (inside, after) = rest.as_str().split_once('}')?;
                let (name, style) = inside.split_once(':').unwrap_or((inside, ""));
                if inside.contains(['$', '*', '{']) {
                    return None;
                }
                if !words.is_empty() {
                    parts.push(Part::Words(std::mem::take(&mut words)));
                }
                parts.push(Part::Value(name.trim().to_owned(), style.trim().to_owned()));
                rest = after.chars();
            }
            '}' if rest.as_str().starts_with('}') => {
                rest.next();
                words.push('}');
            }
            '}' => return None,
            other => words.push(other),
        }
    }
    if !words.is_empty() {
        parts.push(Part::Words(words));
    }
    Some(parts)
}

/// The least number of digits of a style that is hexadecimal and nothing else.
fn hexadecimal(style: &str) -> Option<usize> {
    let width = style.strip_suffix('x')?;
    match width.strip_prefix('0') {
        Some(digits) => digits.parse().ok().filter(|digits| *digits <= 8),
        None => width.is_empty().then_some(1),
    }
}

/// The line that `log!` sends.
pub(crate) fn expand(arguments: TokenStream) -> TokenStream {
    // Whatever is not understood, the compiler's own macro takes, and says what is wrong with it.
    syn::parse2::<Call>(arguments.clone())
        .ok()
        .and_then(|call| by_parts(&call, &arguments))
        .unwrap_or_else(|| quote!(::userlib::log::Line::of(::core::format_args!(#arguments))))
}

fn by_parts(call: &Call, arguments: &TokenStream) -> Option<TokenStream> {
    let parts = parts(&call.format.value())?;
    // No name of the caller's is hidden by these.
    let own = |name: &str| Ident::new(name, Span::mixed_site());
    let line = own("line");
    let places: Vec<Ident> = (0..call.arguments.len())
        .map(|index| own(&format!("argument{index}")))
        .collect();
    let mut next = 0;
    let mut steps = Vec::new();
    for part in parts {
        let (name, style) = match part {
            Part::Words(words) => {
                steps.push(quote!(#line.push(#words);));
                continue;
            }
            Part::Value(name, style) => (name, style),
        };
        let named = |(argument, _): &(Option<Ident>, Expr)| {
            argument.as_ref().is_some_and(|argument| *argument == name)
        };
        let index = if name.is_empty() {
            next += 1;
            Some(next - 1)
        } else if let Ok(index) = name.parse::<usize>() {
            Some(index)
        } else {
            call.arguments.iter().position(named)
        };
        let value = match index {
            Some(index) => {
                let place = places.get(index)?;
                quote!(#place)
            }
            None => {
                let ident = syn::parse_str::<Ident>(&name).ok()?;
                let ident = Ident::new(&ident.to_string(), call.format.span());
                quote!(&#ident)
            }
        };
        steps.push(if style.is_empty() {
            quote!((&::userlib::log::Shown(#value)).show(&mut #line);)
        } else if let Some(digits) = hexadecimal(&style) {
            quote!((&::userlib::log::Hexadecimal(#value, #digits)).show(&mut #line);)
        } else {
            let format = format!("{{:{style}}}");
            quote!(#line.format(::core::format_args!(#format, #value));)
        });
    }
    let values = call.arguments.iter().map(|(_, value)| quote!(&(#value)));
    Some(quote! {{
        // Never called: the compiler checks the arguments as it does for any other format string.
        let _ = || {
            let _ = ::core::format_args!(#arguments);
        };
        #[allow(unused_imports, reason = "which of them, the values decide")]
        use ::userlib::log::{Directly as _, Formatted as _};
        let mut #line = ::userlib::log::Line::new();
        match (#(#values,)*) {
            (#(#places,)*) => { #(#steps)* }
        }
        #line
    }})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &str) -> Part {
        Part::Words(words.to_owned())
    }

    fn value(name: &str, style: &str) -> Part {
        Part::Value(name.to_owned(), style.to_owned())
    }

    #[test]
    fn a_format_string_is_taken_apart() {
        assert_eq!(
            parts("a {{{}}} {chip:04x}{0:?}"),
            Some(vec![
                words("a {"),
                value("", ""),
                words("} "),
                value("chip", "04x"),
                value("0", "?")
            ])
        );
        assert_eq!(parts(""), Some(vec![]));
        for other in ["{:width$}", "{:.*}", "{", "}", "{a"] {
            assert_eq!(parts(other), None, "{other}");
        }
    }

    #[test]
    fn only_plain_hexadecimal_is_written_directly() {
        assert_eq!(hexadecimal("x"), Some(1));
        assert_eq!(hexadecimal("04x"), Some(4));
        for other in ["", "#x", "4x", "X", "?", "08X", "09x"] {
            assert_eq!(hexadecimal(other), None, "{other}");
        }
    }
}
