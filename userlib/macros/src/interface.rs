//! `#[interface]`: from a trait to a client structure and a server trait.

use crate::method::{MOST_LOANS, Method, Passing, loans, method, own, parameters};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Error, Expr, ItemTrait, Lit, MetaNameValue, Result, TraitItem, Type};

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
            .filter(|number| *number <= MOST_OPERATION)
            .ok_or_else(|| Error::new_spanned(&function.sig, "a method's number is above 32767"))?;
        methods.push(method(function, operation)?);
    }
    let client = client(&item, &methods);
    let server = server(&item, &methods, first);
    let asynchronous = crate::asynchronous::server(&item, &methods, first);
    Ok(quote! { #client #server #asynchronous })
}

/// Greatest number of a method: the bit above it asks for the method's description.
const MOST_OPERATION: u16 = 0x7fff;

/// What a first number other than 1 is a multiple of, as `userlib::ipc::FIRSTS`.
const FIRSTS: u16 = 16;

/// The number of the first method: 1, or that of `first = NUMBER`.
fn first_operation(arguments: TokenStream) -> Result<u16> {
    if arguments.is_empty() {
        return Ok(1);
    }
    let wrong = "`#[interface]` takes `first = NUMBER`, the number of its first method: 1, or a multiple of 16 below 32768";
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
        .filter(|&number| {
            number == 1 || (number != 0 && number % FIRSTS == 0 && number <= MOST_OPERATION)
        })
        .ok_or_else(|| Error::new_spanned(&arguments, wrong))
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
            /// `Denied` when the manifest does not list it for this task, `NotFound` when the image has no such task.
            pub fn connect(task: &'static ::core::primitive::str) -> ::core::result::Result<Self, ::userlib::Error> {
                Self::connect_instance(task, 0)
            }

            /// Finds the task of this name, for its `instance`-th bound device.
            ///
            /// # Errors
            /// `Denied` when the manifest does not list it for this task, `NotFound` when the image has no such task.
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
fn server(item: &ItemTrait, methods: &[Method], first: u16) -> TokenStream {
    let (visibility, name, attributes) = (&item.vis, &item.ident, &item.attrs);
    let server = format_ident!("{name}Server");
    let (request, taken) = (own("request"), own("arguments"));
    let declarations = methods.iter().map(|method| {
        let (name, result, attributes) = (&method.name, &method.result, &method.function.attrs);
        let arguments = parameters(method);
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
    let lines = crate::describe::lines(methods);
    quote! {
        #(#attributes)*
        #visibility trait #server {
            #(#declarations)*

            /// Whether this request's operation is one of this interface. A server of two interfaces asks this; their
            /// operations have different numbers, by `#[interface(first = NUMBER)]`.
            #[inline]
            fn has(&self, request: &::userlib::ipc::Request<'_>) -> ::core::primitive::bool {
                const OPERATIONS: &[::core::primitive::u16] = &[#(#operations),*];
                OPERATIONS.contains(&(request.operation() & !::userlib::ipc::describe::DESCRIBE))
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
                    _ => #request.describe(#first, #lines),
                })
            }
        }
    }
}
