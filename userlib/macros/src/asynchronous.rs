//! `#[interface]`: the server trait of an asynchronous driver.

use crate::method::{Method, Passing, loans, own, parameters};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ItemTrait;

/// The trait: each method is a future, and `dispatch` is one too. A server is what a request has of the driver's state:
/// a reference to it, or the guard of a lock in it.
pub(crate) fn server(item: &ItemTrait, methods: &[Method], first: u16) -> TokenStream {
    let (visibility, name, attributes) = (&item.vis, &item.ident, &item.attrs);
    let server = format_ident!("{name}AsyncServer");
    let (request, taken) = (own("request"), own("arguments"));
    let declarations = methods.iter().map(|method| {
        let (name, result, attributes) = (&method.name, &method.result, &method.function.attrs);
        let arguments = parameters(method);
        quote! {
            #(#attributes)*
            fn #name(self, #(#arguments),*)
                -> impl ::core::future::Future<Output = ::core::result::Result<#result, ::userlib::Error>>;
        }
    });
    let arms = methods.iter().map(|method| {
        let (name, operation, loans) = (&method.name, method.operation, loans(method));
        let takes = takes(method, &request, &taken);
        let names = method.arguments.iter().map(|(name, _)| name);
        quote! { #operation => { #(#takes)* #request.answer(#loans, self.#name(#(#names),*).await) } }
    });
    let lines = crate::describe::lines(methods);
    quote! {
        #(#attributes)*
        #visibility trait #server: Sized {
            #(#declarations)*

            /// Serves one request.
            fn dispatch(self, #request: &::userlib::ipc::Request<'_>)
                -> impl ::core::future::Future<Output = ::userlib::ipc::Answer>
            {
                async move {
                    #[allow(unused_mut, unused_variables, reason = "no method takes a value")]
                    let mut #taken = #request.arguments();
                    match #request.operation() {
                        #(#arms)*
                        _ => #request.describe(#first, #lines),
                    }
                }
            }
        }
    }
}

/// What takes each argument out of the request, or answers the error.
fn takes(method: &Method, request: &syn::Ident, taken: &syn::Ident) -> Vec<TokenStream> {
    let mut loan = 0usize;
    let mut next = || {
        loan += 1;
        loan - 1
    };
    let take = |(name, passing): &(syn::Ident, Passing)| {
        let (value, borrow) = match passing {
            Passing::Value(ty) => (quote! { #taken.take::<#ty>() }, quote! {}),
            Passing::Read => {
                let at = next();
                (quote! { #request.read_loan(#at) }, quote! {})
            }
            Passing::Write => {
                let at = next();
                (quote! { #request.write_loan(#at) }, quote! {})
            }
            Passing::Record(ty) => {
                let at = next();
                let room = quote! { &mut [0u8; ::core::mem::size_of::<#ty>()] };
                (quote! { #request.record::<#ty>(#at, #room) }, quote! { & })
            }
        };
        let error = own("error");
        quote! {
            let #name = #borrow match #value {
                ::core::result::Result::Ok(#name) => #name,
                ::core::result::Result::Err(#error) => return ::userlib::ipc::Answer::error(#error),
            };
        }
    };
    method.arguments.iter().map(take).collect()
}
