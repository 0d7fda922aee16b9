//! The macros of the `for-lt` crate, which documents and re-exports them.

mod copies;
mod covariant;
mod derive;
mod input;
mod item;
mod leaf;
mod lifetimes;
mod variance;
mod well_formed;

use proc_macro::TokenStream;

/// The implementation of `for_lt::ForLt!`.
#[proc_macro]
pub fn for_lt(input: TokenStream) -> TokenStream {
    finish(input::parse(input.into()).and_then(|input| input::as_type(input, well_formed::expand)))
}

/// The implementation of `for_lt::CovariantForLt!`.
#[proc_macro]
pub fn covariant_for_lt(input: TokenStream) -> TokenStream {
    finish(input::parse(input.into()).and_then(|input| input::as_type(input, covariant::expand)))
}

/// The implementation of `for_lt::family!`.
#[proc_macro]
pub fn family(input: TokenStream) -> TokenStream {
    finish(input::parse(input.into()).and_then(|input| item::expand(input, false)))
}

/// The implementation of `for_lt::covariant_family!`.
#[proc_macro]
pub fn covariant_family(input: TokenStream) -> TokenStream {
    finish(input::parse(input.into()).and_then(|input| item::expand(input, true)))
}

/// The implementation of `for_lt::Family`, the derive.
#[proc_macro_derive(Family, attributes(for_lt))]
pub fn derive_family(input: TokenStream) -> TokenStream {
    finish(syn::parse(input).and_then(|input| derive::expand(input, false)))
}

/// The implementation of `for_lt::CovariantFamily`, the derive.
#[proc_macro_derive(CovariantFamily, attributes(for_lt))]
pub fn derive_covariant_family(input: TokenStream) -> TokenStream {
    finish(syn::parse(input).and_then(|input| derive::expand(input, true)))
}

/// Turns an error into the compiler's.
fn finish(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result.unwrap_or_else(syn::Error::into_compile_error).into()
}
