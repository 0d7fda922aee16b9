//! `ForLt`: a family of types, one for each lifetime, and its encoding as a trait object type.

use core::marker::PhantomData;

/// A family of types, one for each lifetime: `Self::Of<'a>`.
///
/// A type such as `Config<'a>` cannot be passed as a generic argument without choosing `'a`.
/// A family stands for all of them at once, so generic code can store the value under one
/// lifetime and hand it out under another.
///
/// Families come from [`ForLt!`](crate::ForLt!), from `#[derive(`[`Family`](crate::Family)`)]`,
/// from [`family!`](crate::family!), or from an implementation by hand. The trait is safe to
/// implement: the compiler checks that `Of<'a>` is well-formed for *every* `'a`.
///
/// The bound `Of<'a>: 'a` says that a family has no other lifetime in it than `'a` and
/// `'static`. So a value of `Of<'a>` is good for as long as `'a`.
///
/// ```
/// use for_lt::ForLt;
///
/// struct Name;
/// impl ForLt for Name {
///     type Of<'a> = &'a str;
/// }
///
/// fn first<'a, F: ForLt>(values: &'a [F::Of<'a>]) -> Option<&'a F::Of<'a>> {
///     values.first()
/// }
/// assert_eq!(first::<Name>(&["uart", "gpio"]), Some(&"uart"));
/// assert_eq!(first::<ForLt!(&str)>(&["uart", "gpio"]), Some(&"uart"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a family of types",
    label = "not a family",
    note = "add `#[derive(for_lt::Family)]` to the type, or name the family with `for_lt::family!`",
    note = "inside `ForLt!`, a bare name or a macro as argument may refer to a generic parameter of the enclosing item: if it does not, write a path, as in `self::Name`"
)]
pub trait ForLt {
    /// The member of the family for `'a`.
    type Of<'a>: 'a;
}

/// One projection of a family, as a trait that can be an object type.
///
/// `dyn for<'a> WithLt<'a, Of = T<'a>>` writes the family `T` down as a type, generic parameters
/// of the enclosing item included.
pub trait WithLt<'a> {
    /// The member of the family for `'a`.
    type Of: 'a;
}

/// The family that `ForLt!` names.
///
/// `D` is the object type that encodes it. `S` is the member for `'static`: as an argument it is
/// checked for well-formedness, which the compiler omits inside `D` (rust-lang/rust#152489).
/// `PROOFS` is zero; its initialiser holds the remaining proofs.
pub struct HigherRanked<D: ?Sized, S, const PROOFS: usize>(
    PhantomData<fn() -> *const D>,
    PhantomData<fn() -> S>,
);

// The bound at `'static` is what excludes a foreign lifetime `'x` from the family, because
// `T<'static>: 'static` holds only if every other lifetime in `T` is `'static`.
impl<D, S, const PROOFS: usize> ForLt for HigherRanked<D, S, PROOFS>
where
    D: ?Sized + for<'a> WithLt<'a>,
    <D as WithLt<'static>>::Of: 'static,
{
    type Of<'a> = <D as WithLt<'a>>::Of;
}

/// Implemented inside the expansion of `ForLt!` to have the compiler prove `Of<'a>` well-formed
/// for every `'a`. An associated type gets no implied bounds, so nothing can be assumed. `INDEX`
/// counts the types of one expansion.
pub trait WellFormed<const INDEX: usize> {
    /// The type to prove.
    type Of<'a>: ?Sized + 'a;
}
