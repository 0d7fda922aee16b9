//! Macros of userlib: `#[interface]` makes a client and a server of a trait,
//! `#[derive(Lendable)]` proves that a payload may cross address spaces, `registers!` names registers,
//! `#[derive(Described)]` tells a record's fields.
#![forbid(unsafe_code)]

mod asynchronous;
mod describe;
mod interface;
mod lendable;
mod line;
mod method;
mod registers;

use proc_macro::TokenStream;

/// Makes a client and a server of a trait; see `userlib::ipc`.
#[proc_macro_attribute]
pub fn interface(arguments: TokenStream, item: TokenStream) -> TokenStream {
    interface::expand(arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// The line of `userlib::log!`; see `userlib::log`.
#[doc(hidden)]
#[proc_macro]
pub fn line(arguments: TokenStream) -> TokenStream {
    line::expand(arguments.into()).into()
}

/// Names the registers of a window; see `userlib::registers`.
#[proc_macro]
pub fn registers(block: TokenStream) -> TokenStream {
    registers::expand(block.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Proves that a structure may cross address spaces; see `userlib::auxiliary::Lendable`.
#[proc_macro_derive(Lendable, attributes(offer))]
pub fn lendable(item: TokenStream) -> TokenStream {
    lendable::expand(item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Tells the fields of a record that is an argument or a result of a method; see `userlib::ipc::describe`.
#[proc_macro_derive(Described)]
pub fn described(item: TokenStream) -> TokenStream {
    describe::expand(item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
