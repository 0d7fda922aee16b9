//! One method of an `#[interface]`: its parts, and what is refused.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Error, FnArg, GenericArgument, Ident, Pat, PathArguments, Result, ReturnType, TraitItemFn, Type,
};

/// How an argument travels.
pub(crate) enum Passing {
    /// In the message words.
    Value(Box<Type>),
    /// `&[u8]`: lent to be read.
    Read,
    /// `&mut [u8]`: lent to be written.
    Write,
    /// `&T`: a record of any size, lent to be read, and copied by the server before it looks at it.
    Record(Box<Type>),
}

/// A method of the interface.
pub(crate) struct Method {
    pub(crate) function: TraitItemFn,
    pub(crate) name: Ident,
    pub(crate) operation: u16,
    pub(crate) arguments: Vec<(Ident, Passing)>,
    pub(crate) result: Type,
    pub(crate) deferred: bool,
}

/// Reads one method.
pub(crate) fn method(function: &TraitItemFn, operation: u16) -> Result<Method> {
    let mut function = function.clone();
    let signature = &function.sig;
    if function.default.is_some() {
        return Err(Error::new_spanned(
            &function,
            "a method of an interface has no body",
        ));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &signature.generics,
            "a method of an interface has no generic parameters",
        ));
    }
    if let Some(place) = own_type(signature.to_token_stream()) {
        return Err(Error::new(
            place,
            "`Self` is the client on one side and the server on the other: write the type's name",
        ));
    }
    let mut inputs = signature.inputs.iter();
    match inputs.next() {
        Some(FnArg::Receiver(receiver)) if is_mut_self(receiver) => {}
        _ => {
            return Err(Error::new_spanned(
                signature,
                "a method of an interface takes `&mut self`",
            ));
        }
    }
    let mut arguments = Vec::new();
    for input in inputs {
        let FnArg::Typed(input) = input else {
            return Err(Error::new_spanned(input, "`self` comes first"));
        };
        let Pat::Ident(name) = &*input.pat else {
            return Err(Error::new_spanned(
                &input.pat,
                "an argument is a plain name",
            ));
        };
        arguments.push((name.ident.clone(), passing(&input.ty)?));
    }
    let result = result(&signature.output)?;
    let name = signature.ident.clone();
    let before = function.attrs.len();
    function
        .attrs
        .retain(|attribute| !attribute.path().is_ident("deferred"));
    let deferred = function.attrs.len() != before;
    let method = Method {
        function,
        name,
        operation,
        arguments,
        result,
        deferred,
    };
    if loans(&method) > MOST_LOANS {
        return Err(Error::new_spanned(
            &method.function.sig,
            "at most 4 buffers can be lent with one call",
        ));
    }
    Ok(method)
}

/// Where `Self` stands in `tokens`.
fn own_type(tokens: TokenStream) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Group(group) => own_type(group.stream()),
        TokenTree::Ident(ident) if ident == "Self" => Some(ident.span()),
        _ => None,
    })
}

/// Whether it is `&mut self`.
fn is_mut_self(receiver: &syn::Receiver) -> bool {
    matches!(receiver.kind, syn::ReceiverKind::Reference(_, _, Some(_)))
}

/// How an argument of this type travels.
fn passing(ty: &Type) -> Result<Passing> {
    let Type::Reference(reference) = ty else {
        return Ok(Passing::Value(Box::new(ty.clone())));
    };
    let writable = reference.mutability.is_some();
    match &*reference.elem {
        Type::Slice(slice) if matches!(&*slice.elem, Type::Path(path) if path.path.is_ident("u8")) => {
            Ok(if writable {
                Passing::Write
            } else {
                Passing::Read
            })
        }
        Type::Path(path) if !writable && !path.path.is_ident("str") => {
            Ok(Passing::Record(reference.elem.clone()))
        }
        _ => Err(Error::new_spanned(
            ty,
            "only `&[u8]`, `&mut [u8]` and `&T` of a fixed layout can be lent; a record that the server writes is \
             the result, text goes as bytes",
        )),
    }
}

/// The `T` of `-> Result<T, Error>`.
fn result(output: &ReturnType) -> Result<Type> {
    if let ReturnType::Type(_, ty) = output
        && let Type::Path(path) = &**ty
        && let Some(last) = path.path.segments.last()
        && last.ident == "Result"
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(value)) = arguments.args.first()
    {
        return Ok(value.clone());
    }
    Err(Error::new_spanned(
        output,
        "a method of an interface returns `Result<T, Error>`: any call can fail",
    ))
}

/// A name that only the expansion uses: an argument with the same name is another one.
pub(crate) fn own(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// How many buffers a method lends, without the one for its result.
pub(crate) fn loans(method: &Method) -> usize {
    method
        .arguments
        .iter()
        .filter(|(_, passing)| !matches!(passing, Passing::Value(_)))
        .count()
}

/// Most buffers that go with a call.
pub(crate) const MOST_LOANS: usize = 4;

/// The parameters of a method of the server.
pub(crate) fn parameters(method: &Method) -> impl Iterator<Item = TokenStream> {
    method
        .arguments
        .iter()
        .map(|(name, passing)| match passing {
            Passing::Value(ty) => quote! { #name: #ty },
            Passing::Read => quote! { #name: ::userlib::ipc::ReadLoan },
            Passing::Write => quote! { #name: ::userlib::ipc::WriteLoan },
            Passing::Record(ty) => quote! { #name: &#ty },
        })
}
