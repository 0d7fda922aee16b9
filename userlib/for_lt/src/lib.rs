//! Lifetimes as data: families of types, proofs of covariance, and a value that can be revoked.
//!
#![doc = include_str!("../README.md")]
#![no_std]

#[cfg(all(test, not(loom)))]
extern crate std;

// The derives name this crate by its absolute path, also when it uses them itself.
extern crate self as for_lt;

mod covariant;
pub mod families;
mod family;
mod identity;
mod macros;
pub mod revocable;

pub use covariant::{CovariantForLt, ProveCovariant, Witness};
pub use family::ForLt;
pub use identity::{family_id, payload_identity};
pub use revocable::Revocable;

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
pub use for_lt_macros::Family;

/// Makes a covariant type a family of itself, with the proof. Otherwise as [`Family`].
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
pub use for_lt_macros::CovariantFamily;

/// What the macros expand to. Not part of the interface: it may change in any release.
#[doc(hidden)]
pub mod __private {
    pub use crate::families::Refused;
    pub use crate::family::{HigherRanked, WellFormed, WithLt};
    pub use core;
    pub use for_lt_macros::{covariant_family, covariant_for_lt, family, for_lt};
}
