//! Macros of userlib: `#[interface]` makes a client and a server of a trait,
//! `#[derive(Lendable)]` proves that a payload may cross address spaces.
#![forbid(unsafe_code)]

mod interface;
mod lendable;

use proc_macro::TokenStream;

/// Makes a client and a server of a trait; see `userlib::ipc`.
#[proc_macro_attribute]
pub fn interface(arguments: TokenStream, item: TokenStream) -> TokenStream {
    interface::expand(arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Proves that a structure may cross address spaces; see `userlib::auxiliary::Lendable`.
#[proc_macro_derive(Lendable)]
pub fn lendable(item: TokenStream) -> TokenStream {
    lendable::expand(item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
