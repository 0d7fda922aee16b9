//! `CovariantForLt`: families whose lifetime may be shortened, and the proof that it may.

use core::marker::PhantomData;
use core::pin::Pin;

use crate::ForLt;

/// A family whose lifetime may be shortened: `Of<'long>` is usable as `Of<'short>`.
///
/// Families come from [`CovariantForLt!`](crate::CovariantForLt!), from
/// `#[derive(`[`CovariantFamily`](crate::CovariantFamily)`)]`, from
/// [`covariant_family!`](crate::covariant_family!), or from an implementation of the safe trait
/// [`ProveCovariant`] by hand. Nothing but `unsafe` code implements this trait directly.
///
/// ```
/// use for_lt::CovariantForLt;
///
/// fn shorten<'r, F: CovariantForLt>(long: &'r F::Of<'static>) -> &'r F::Of<'r> {
///     F::cast_ref(long)
/// }
/// assert_eq!(*shorten::<CovariantForLt!(&str)>(&"uart"), "uart");
/// ```
///
/// It never lengthens:
/// ```compile_fail
/// use for_lt::CovariantForLt;
///
/// fn lengthen<'r, F: CovariantForLt>(short: &'r F::Of<'r>) -> &'r F::Of<'static> {
///     F::cast_ref(short)
/// }
/// ```
///
/// # Safety
///
/// If [`check`](Self::check) returns, then `Of<'a>` must be covariant in `'a`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not proved to be covariant in its lifetime",
    label = "not proved covariant",
    note = "invariant: use `ForLt!` and the closure accessor",
    note = "if the type is covariant: add `#[derive(for_lt::CovariantFamily)]` to it, or name the family with `for_lt::covariant_family!`"
)]
pub unsafe trait CovariantForLt: ForLt {
    /// Returns only if the family is covariant. Compiled code spends no time on it.
    fn check();

    /// Shortens the lifetime inside a reference.
    #[inline(always)]
    fn cast_ref<'r, 'short: 'r, 'long: 'short>(long: &'r Self::Of<'long>) -> &'r Self::Of<'short> {
        Self::check();
        // SAFETY: `check` returned, so `Of<'long>` is a subtype of `Of<'short>`, and a shared
        // reference is covariant in its target. The two types differ in lifetimes only.
        unsafe { &*core::ptr::from_ref(long).cast() }
    }

    /// Shortens the lifetime inside a pinned reference.
    ///
    /// ```
    /// use core::pin::Pin;
    /// use for_lt::CovariantForLt;
    ///
    /// fn shorten<'r, F: CovariantForLt>(long: Pin<&'r F::Of<'static>>) -> Pin<&'r F::Of<'r>> {
    ///     F::cast_pin_ref(long)
    /// }
    /// assert_eq!(*shorten::<CovariantForLt!(&str)>(Pin::new(&"uart")), "uart");
    /// ```
    #[inline(always)]
    fn cast_pin_ref<'r, 'short: 'r, 'long: 'short>(
        long: Pin<&'r Self::Of<'long>>,
    ) -> Pin<&'r Self::Of<'short>> {
        // SAFETY: the reference is to the same value, which stays pinned.
        unsafe { Pin::new_unchecked(Self::cast_ref(Pin::get_ref(long))) }
    }
}

/// The proof, in safe code, that a family is covariant.
///
/// A [`Witness`] has no constructor and is covariant in its type. So the only way for
/// [`prove`](Self::prove) to return is to return its argument, and the compiler accepts that
/// only if it accepts `Of<'long>` as a subtype of `Of<'short>`. The body is always the same:
///
/// ```
/// use for_lt::{CovariantForLt, ForLt, ProveCovariant, Witness};
///
/// struct Name;
/// impl ForLt for Name {
///     type Of<'a> = &'a str;
/// }
/// impl ProveCovariant for Name {
///     fn prove<'short, 'long: 'short>(
///         witness: Witness<&'long str, Self>,
///     ) -> Witness<&'short str, Self> {
///         witness
///     }
/// }
/// assert_eq!(*Name::cast_ref(&"uart"), "uart");
/// ```
///
/// It is a compile error for a family that is not covariant:
/// ```compile_fail
/// use core::cell::Cell;
/// use for_lt::{ForLt, ProveCovariant, Witness};
///
/// struct Slot;
/// impl ForLt for Slot {
///     type Of<'a> = Cell<&'a str>;
/// }
/// impl ProveCovariant for Slot {
///     fn prove<'short, 'long: 'short>(
///         witness: Witness<Cell<&'long str>, Self>,
///     ) -> Witness<Cell<&'short str>, Self> {
///         witness // lifetime may not live long enough
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not proved to be covariant in its lifetime",
    label = "not proved covariant",
    note = "invariant: use `ForLt!` and the closure accessor",
    note = "if the type is covariant: add `#[derive(for_lt::CovariantFamily)]` to it, or name the family with `for_lt::covariant_family!`"
)]
pub trait ProveCovariant: ForLt {
    /// Returns `witness`.
    fn prove<'short, 'long: 'short>(
        witness: Witness<Self::Of<'long>, Self>,
    ) -> Witness<Self::Of<'short>, Self>;
}

/// Evidence that only the library can make, covariant in `T`; see [`ProveCovariant`].
///
/// It is bound to one family `F`, so the witness of one family proves nothing about another.
///
/// ```compile_fail
/// // There is no way to make one.
/// let witness: for_lt::Witness<u8, u8> = for_lt::Witness(Default::default(), Default::default());
/// ```
pub struct Witness<T, F: ?Sized>(
    PhantomData<fn() -> T>,
    PhantomData<fn(*const F) -> *const F>,
);

// SAFETY: `check` is the only source of witnesses, and those it makes are at `'static`. `prove` is
// generic over both lifetimes, so whatever it returns, it has the compiler's word for unknown
// `'short` and `'long`. It can return only a witness for `F` at `'short`. All that it can have is
// its argument, at `'long`, and what it kept of other calls in places that outlive them: those
// cannot name `'short`, so they hold witnesses at `'static`. Either way the compiler has accepted
// `Of<'long>` or `Of<'static>` as a subtype of `Of<'short>` for an unknown `'short`. It does so by
// variance, which does not depend on the lifetimes: only if `Of` is covariant.
unsafe impl<F: ProveCovariant> CovariantForLt for F {
    #[inline(always)]
    fn check() {
        let _: Witness<F::Of<'static>, F> = F::prove(Witness(PhantomData, PhantomData));
    }
}
