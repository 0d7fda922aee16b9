//! The macros of the `for-lt` crate, which documents and re-exports them.

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

/// Makes a type a family of itself: `Config<'static>` becomes the family of `Config<'a>`.
///
/// All lifetime parameters become the family's. Type parameters must be `'static`. A bound that
/// refers to a lifetime parameter is checked at `'static`, and the compiler refuses the derive if
/// the type needs it at other lifetimes. If the crate `for-lt` is reached through another one,
/// say so: `#[for_lt(crate = other::for_lt)]`.
///
/// ```
/// use for_lt::{Family, ForLt};
///
/// #[derive(Family)]
/// struct Config<'a> {
///     name: core::cell::Cell<&'a str>,
/// }
///
/// fn same<'a, F: ForLt<Of<'a> = T>, T>() {}
/// fn check<'a>() {
///     same::<'a, Config<'static>, Config<'a>>();
/// }
/// # check();
/// ```
#[proc_macro_derive(Family, attributes(for_lt))]
pub fn derive_family(input: TokenStream) -> TokenStream {
    finish(syn::parse(input).and_then(|input| derive::expand(input, false)))
}

/// Makes a covariant type a family of itself, with the proof. Otherwise as `Family`.
///
/// ```
/// use for_lt::{CovariantFamily, CovariantForLt};
///
/// #[derive(CovariantFamily)]
/// struct Config<'a> {
///     name: &'a str,
/// }
///
/// fn shorten<'r>(long: &'r Config<'static>) -> &'r Config<'r> {
///     <CovariantForLt!(Config<'_>)>::cast_ref(long)
/// }
/// assert_eq!(shorten(&Config { name: "uart" }).name, "uart");
/// ```
///
/// The compiler refuses a type that is not covariant:
/// ```compile_fail
/// #[derive(for_lt::CovariantFamily)]
/// struct Config<'a> {
///     name: core::cell::Cell<&'a str>,
/// }
/// ```
#[proc_macro_derive(CovariantFamily, attributes(for_lt))]
pub fn derive_covariant_family(input: TokenStream) -> TokenStream {
    finish(syn::parse(input).and_then(|input| derive::expand(input, true)))
}

/// Turns an error into the compiler's.
fn finish(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result.unwrap_or_else(syn::Error::into_compile_error).into()
}
