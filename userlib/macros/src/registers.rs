//! `registers!`: a block of registers with names, over a window.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::token::Bracket;
use syn::{Attribute, Error, Ident, LitInt, Path, Result, Token, Visibility, braced, bracketed};

/// The whole block.
struct Block {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    name: Ident,
    size: usize,
    registers: Vec<Register>,
}

/// One line of it.
struct Register {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    name: Ident,
    kind: Kind,
    offset: usize,
    /// Of an array: how many, and how far apart.
    array: Option<(usize, usize)>,
}

/// What is between the name and the offset.
struct Kind {
    access: Ident,
    width: Ident,
    bytes: usize,
    fields: Option<Path>,
}

/// The whole expansion.
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let block: Block = syn::parse2(input)?;
    let Block {
        attributes,
        visibility,
        name,
        size,
        registers,
    } = &block;
    // A part of a window starts at a multiple of 4.
    let wide = registers.iter().any(|register| register.kind.bytes > 4);
    let align = if wide { 8_usize } else { 4 };
    let also = (!wide).then(|| {
        quote! {
            impl<'w> ::core::convert::From<::userlib::io::Part<'w, #size, 8>> for #name<'w> {
                #[inline(always)]
                fn from(part: ::userlib::io::Part<'w, #size, 8>) -> Self {
                    Self(part.aligned())
                }
            }
        }
    });
    let methods = registers.iter().map(method);
    Ok(quote! {
        #(#attributes)*
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #visibility struct #name<'w>(::userlib::io::Part<'w, #size, #align>);

        impl<'w> #name<'w> {
            /// The block over this window.
            #[inline(always)]
            #visibility const fn new<const ALIGN: usize>(
                window: &'w ::userlib::io::Window<'w, #size, ALIGN>,
            ) -> Self {
                Self(window.all().aligned())
            }

            #(#methods)*
        }

        impl<'w> ::core::convert::From<::userlib::io::Part<'w, #size, #align>> for #name<'w> {
            #[inline(always)]
            fn from(part: ::userlib::io::Part<'w, #size, #align>) -> Self {
                Self(part)
            }
        }

        #also
    })
}

/// The method that gives a register.
fn method(register: &Register) -> TokenStream {
    let Register {
        attributes,
        visibility,
        name,
        offset,
        ..
    } = register;
    let Kind {
        access,
        width,
        fields,
        ..
    } = &register.kind;
    let fields = match fields {
        Some(path) => quote! { #path::Register },
        None => quote! { () },
    };
    let types = quote! { #width, #fields, ::userlib::io::#access };
    let (result, value) = match register.array {
        None => (
            quote! { ::userlib::io::Register<'w, #types> },
            quote! { register::<#types, #offset>() },
        ),
        Some((count, step)) => (
            quote! { ::userlib::io::RegisterArray<'w, #types, #step, #count> },
            quote! { registers::<#types, #offset, #step, #count>() },
        ),
    };
    quote! {
        #(#attributes)*
        #[inline(always)]
        #visibility const fn #name(&self) -> #result {
            self.0.#value
        }
    }
}

impl Parse for Block {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        input.parse::<Token![struct]>()?;
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let (size, _) = number(input)?;
        let body;
        braced!(body in input);
        let mut registers = Vec::new();
        while !body.is_empty() {
            registers.push(register(&body, size)?);
        }
        Ok(Self {
            attributes,
            visibility,
            name,
            size,
            registers,
        })
    }
}

/// One register of a block of `size` bytes.
fn register(input: ParseStream<'_>, size: usize) -> Result<Register> {
    let attributes = input.call(Attribute::parse_outer)?;
    let visibility = input.parse()?;
    let name: Ident = input.parse()?;
    input.parse::<Token![:]>()?;
    let (kind, count) = if input.peek(Bracket) {
        let inside;
        bracketed!(inside in input);
        let kind: Kind = inside.parse()?;
        inside.parse::<Token![;]>()?;
        (kind, Some(number(&inside)?))
    } else {
        (input.parse()?, None)
    };
    input.parse::<Token![=]>()?;
    let (offset, at) = number(input)?;
    let array = count
        .map(|(count, span)| array(input, &kind, (count, span)))
        .transpose()?;
    input.parse::<Token![;]>()?;
    let bytes = kind.bytes;
    if !offset.is_multiple_of(bytes) {
        let text = format!("`{name}` has {bytes} bytes, and {offset:#x} is no multiple of that");
        return Err(Error::new(at, text));
    }
    let (count, step) = array.unwrap_or((1, 0));
    let end = (count - 1)
        .checked_mul(step)
        .and_then(|all| all.checked_add(bytes)?.checked_add(offset));
    if end.is_none_or(|end| end > size) {
        let text = format!("`{name}` ends past the block, which has {size:#x} bytes");
        return Err(Error::new(at, text));
    }
    Ok(Register {
        attributes,
        visibility,
        name,
        kind,
        offset,
        array,
    })
}

/// The number of an array's registers, and how far apart they are: `step NUMBER`, or as close as they can be.
fn array(
    input: ParseStream<'_>,
    kind: &Kind,
    (count, span): (usize, Span),
) -> Result<(usize, usize)> {
    if count == 0 {
        return Err(Error::new(span, "an array has at least one register"));
    }
    if input.peek(Token![;]) {
        return Ok((count, kind.bytes));
    }
    let word: Ident = input.parse()?;
    if word != "step" {
        return Err(Error::new(word.span(), "expected `step` or `;`"));
    }
    let (step, span) = number(input)?;
    if step < kind.bytes || !step.is_multiple_of(kind.bytes) {
        let text = format!(
            "a step is a multiple of the register's {} bytes",
            kind.bytes
        );
        return Err(Error::new(span, text));
    }
    Ok((count, step))
}

impl Parse for Kind {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let access = input.parse()?;
        input.parse::<Token![<]>()?;
        let width: Ident = input.parse()?;
        let bytes = match width.to_string().as_str() {
            "u8" => 1,
            "u16" => 2,
            "u32" => 4,
            "u64" => 8,
            _ => {
                let text = "a register's width is `u8`, `u16`, `u32` or `u64`";
                return Err(Error::new(width.span(), text));
            }
        };
        let fields = if input.parse::<Option<Token![,]>>()?.is_some() {
            Some(input.parse()?)
        } else {
            None
        };
        input.parse::<Token![>]>()?;
        Ok(Self {
            access,
            width,
            bytes,
            fields,
        })
    }
}

/// A number, and where it stands.
fn number(input: ParseStream<'_>) -> Result<(usize, Span)> {
    let literal: LitInt = input.parse()?;
    Ok((literal.base10_parse()?, literal.span()))
}
