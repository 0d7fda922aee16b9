//! `#[interface]`: from a trait to a client structure and a server trait.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{
    Error, Expr, FnArg, GenericArgument, Ident, ItemTrait, Lit, MetaNameValue, Pat, PathArguments,
    Result, ReturnType, TraitItem, TraitItemFn, Type,
};

/// How an argument travels.
enum Passing {
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
struct Method {
    function: TraitItemFn,
    name: Ident,
    operation: u16,
    arguments: Vec<(Ident, Passing)>,
    result: Type,
    deferred: bool,
}

/// The whole expansion.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let first = first_operation(arguments)?;
    let item: ItemTrait = syn::parse2(item)?;
    if !item.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &item.generics,
            "an interface has no generic parameters: both sides must know the layout",
        ));
    }
    let mut methods = Vec::new();
    for (at, part) in item.items.iter().enumerate() {
        let TraitItem::Fn(function) = part else {
            return Err(Error::new_spanned(part, "an interface has methods only"));
        };
        let operation = u16::try_from(at)
            .ok()
            .and_then(|at| first.checked_add(at))
            .ok_or_else(|| Error::new_spanned(&function.sig, "a method's number is above 65535"))?;
        methods.push(method(function, operation)?);
    }
    let client = client(&item, &methods);
    let server = server(&item, &methods);
    Ok(quote! { #client #server })
}

/// The number of the first method: 1, or that of `first = NUMBER`.
fn first_operation(arguments: TokenStream) -> Result<u16> {
    if arguments.is_empty() {
        return Ok(1);
    }
    let wrong =
        "`#[interface]` takes `first = NUMBER`, the number of its first method, from 1 to 65535";
    let argument: MetaNameValue =
        syn::parse2(arguments.clone()).map_err(|_| Error::new_spanned(&arguments, wrong))?;
    let number = match &argument.value {
        Expr::Lit(literal) if argument.path.is_ident("first") => match &literal.lit {
            Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        _ => None,
    };
    number
        .filter(|&number| number != 0)
        .ok_or_else(|| Error::new_spanned(&arguments, wrong))
}

/// Reads one method.
fn method(function: &TraitItemFn, operation: u16) -> Result<Method> {
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
fn own(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// How many buffers a method lends, without the one for its result.
fn loans(method: &Method) -> usize {
    method
        .arguments
        .iter()
        .filter(|(_, passing)| !matches!(passing, Passing::Value(_)))
        .count()
}

/// The assertion that the result can be returned: in the message, or, for a method that answers at once, in a buffer of
/// its own.
fn result_limit(method: &Method) -> TokenStream {
    let result = &method.result;
    let fits = quote! { ::userlib::ipc::fits(&[::core::mem::size_of::<#result>()]) };
    let (condition, message) = if method.deferred {
        (
            fits,
            "the result of a deferred method does not fit eight words",
        )
    } else {
        let room = loans(method) < MOST_LOANS;
        (
            quote! { #room || #fits },
            "the result does not fit eight words, and 4 buffers are lent already",
        )
    };
    quote! { ::core::assert!(#condition, #message); }
}

/// Most buffers that go with a call.
const MOST_LOANS: usize = 4;

/// The client: a structure with the same methods.
fn client(item: &ItemTrait, methods: &[Method]) -> TokenStream {
    let (visibility, name) = (&item.vis, &item.ident);
    let client = format_ident!("{name}Client");
    let about = format!("Calls [`{name}Server`] in another task.");
    let (writer, words, count, message) =
        (own("writer"), own("words"), own("count"), own("message"));
    let record = own("record");
    let methods = methods.iter().map(|method| {
        let attributes = &method.function.attrs;
        let signature = &method.function.sig;
        let operation = method.operation;
        let values = method.arguments.iter().filter(|(_, passing)| matches!(passing, Passing::Value(_))).map(|(name, _)| name);
        let types: Vec<&Type> = method.arguments.iter().filter_map(|(_, passing)| match passing {
            Passing::Value(ty) => Some(&**ty),
            _ => None,
        }).collect();
        let loans: Vec<_> = method.arguments.iter().filter_map(|(name, passing)| match passing {
            Passing::Value(_) => None,
            Passing::Read => Some(quote! { ::userlib::sys::Loan::read(#name) }),
            Passing::Write => Some(quote! { ::userlib::sys::Loan::write(#name) }),
            Passing::Record(_) => Some(quote! { ::userlib::sys::Loan::read(::userlib::ipc::bytes_of(#name)) }),
        }).collect();
        let result = &method.result;
        let limit = result_limit(method);
        quote! {
            #(#attributes)*
            #visibility #signature {
                const {
                    ::core::assert!(::userlib::ipc::fits(&[#(::core::mem::size_of::<#types>()),*]), "the arguments do not fit eight words");
                    #limit
                }
                #[allow(unused_mut, reason = "a method without values writes nothing")]
                let mut #writer = ::userlib::ipc::Writer::new();
                #(#writer.put(&#values);)*
                let (#words, #count) = #writer.finish();
                let mut #message = ::userlib::sys::Message::new(self.tag(#operation, #count), #words);
                if const { ::userlib::ipc::fits(&[::core::mem::size_of::<#result>()]) } {
                    self.peer.call(&mut [#(#loans),*], &mut #message)?;
                    ::userlib::ipc::Reader::new(&#message.words, #message.tag.words()).take::<#result>()
                } else {
                    let mut #record = [0u8; ::core::mem::size_of::<#result>()];
                    self.peer.call(&mut [#(#loans,)* ::userlib::sys::Loan::write(&mut #record)], &mut #message)?;
                    ::userlib::ipc::of_bytes::<#result>(&#record)
                }
                .map_err(|_| ::userlib::Error::Protocol)
            }
        }
    });
    quote! {
        #[doc = #about]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #visibility struct #client {
            peer: ::userlib::ipc::Peer,
            instance: ::core::primitive::u8,
        }

        impl #client {
            /// Finds the task of this name.
            ///
            /// # Errors
            /// `NotFound` when the image has none.
            pub fn connect(task: &'static ::core::primitive::str) -> ::core::result::Result<Self, ::userlib::Error> {
                Self::connect_instance(task, 0)
            }

            /// Finds the task of this name, for its `instance`-th bound device.
            ///
            /// # Errors
            /// `NotFound` when the image has none.
            pub fn connect_instance(task: &'static ::core::primitive::str, instance: ::core::primitive::u8) -> ::core::result::Result<Self, ::userlib::Error> {
                ::core::result::Result::Ok(Self { peer: ::userlib::ipc::Peer::connect(task)?, instance })
            }

            /// A client of this peer.
            pub const fn of(peer: ::userlib::ipc::Peer) -> Self {
                Self { peer, instance: 0 }
            }

            /// The other task.
            pub const fn peer(&self) -> &::userlib::ipc::Peer {
                &self.peer
            }

            #[inline(always)]
            fn tag(&self, operation: ::core::primitive::u16, words: ::core::primitive::u8) -> ::userlib::sys::Tag {
                ::userlib::ipc::tag(operation, words, self.instance)
            }

            #(#methods)*
        }
    }
}

/// The server: a trait with a `dispatch`.
fn server(item: &ItemTrait, methods: &[Method]) -> TokenStream {
    let (visibility, name, attributes) = (&item.vis, &item.ident, &item.attrs);
    let server = format_ident!("{name}Server");
    let (request, taken) = (own("request"), own("arguments"));
    let declarations = methods.iter().map(|method| {
        let (name, result, attributes) = (&method.name, &method.result, &method.function.attrs);
        let arguments = method.arguments.iter().map(|(name, passing)| match passing {
            Passing::Value(ty) => quote! { #name: #ty },
            Passing::Read => quote! { #name: ::userlib::ipc::ReadLoan },
            Passing::Write => quote! { #name: ::userlib::ipc::WriteLoan },
            Passing::Record(ty) => quote! { #name: &#ty },
        });
        if method.deferred {
            quote! { #(#attributes)* fn #name(&mut self, #(#arguments,)* reply: ::userlib::ipc::Deferred<#result>); }
        } else {
            quote! { #(#attributes)* fn #name(&mut self, #(#arguments),*) -> ::core::result::Result<#result, ::userlib::Error>; }
        }
    });
    let arms = methods.iter().map(|method| {
        let (name, operation) = (&method.name, method.operation);
        let mut loan = 0usize;
        let takes = method
            .arguments
            .iter()
            .map(|(name, passing)| match passing {
                Passing::Value(ty) => quote! { let #name = #taken.take::<#ty>()?; },
                Passing::Read => {
                    loan += 1;
                    let at = loan - 1;
                    quote! { let #name = #request.read_loan(#at)?; }
                }
                Passing::Write => {
                    loan += 1;
                    let at = loan - 1;
                    quote! { let #name = #request.write_loan(#at)?; }
                }
                Passing::Record(ty) => {
                    loan += 1;
                    let at = loan - 1;
                    quote! {
                        let #name = &#request.record::<#ty>(#at, &mut [0u8; ::core::mem::size_of::<#ty>()])?;
                    }
                }
            })
            .collect::<Vec<_>>();
        let names: Vec<_> = method.arguments.iter().map(|(name, _)| name).collect();
        let act = if method.deferred {
            quote! {
                self.#name(#(#names,)* ::userlib::ipc::Deferred::new(#request));
                ::userlib::ipc::Answer::Later
            }
        } else {
            quote! { #request.answer(#loan, self.#name(#(#names),*)) }
        };
        quote! { #operation => { #(#takes)* #act } }
    });
    let operations = methods.iter().map(|method| method.operation);
    quote! {
        #(#attributes)*
        #visibility trait #server {
            #(#declarations)*

            /// Whether this request's operation is one of this interface. A server of two interfaces asks this; their
            /// operations have different numbers, by `#[interface(first = NUMBER)]`.
            #[inline]
            fn has(&self, request: &::userlib::ipc::Request<'_>) -> ::core::primitive::bool {
                const OPERATIONS: &[::core::primitive::u16] = &[#(#operations),*];
                OPERATIONS.contains(&request.operation())
            }

            /// Answers one request.
            #[inline]
            fn dispatch(&mut self, request: &::userlib::ipc::Request<'_>) -> ::userlib::ipc::Answer {
                self.try_dispatch(request).unwrap_or_else(::userlib::ipc::Answer::error)
            }

            /// Answers one request, or says what is wrong with it.
            ///
            /// # Errors
            /// `Invalid`: no such operation, or invalid arguments. `NotFound`, `Denied`, `Dead` when a buffer is
            /// missing, may not be used so, or its owner is gone.
            #[inline]
            fn try_dispatch(&mut self, #request: &::userlib::ipc::Request<'_>) -> ::core::result::Result<::userlib::ipc::Answer, ::userlib::Error> {
                #[allow(unused_mut, unused_variables, reason = "no method takes a value")]
                let mut #taken = #request.arguments();
                ::core::result::Result::Ok(match #request.operation() {
                    #(#arms)*
                    _ => return ::core::result::Result::Err(::userlib::Error::Invalid),
                })
            }
        }
    }
}
