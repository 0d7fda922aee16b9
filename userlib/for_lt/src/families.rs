//! The families that `CovariantForLt!` composes for types it can prove by their syntax.
//!
//! The `Of` of each shows its type. They are types to be named, not values. Tuples, `Option` and `Result` of families
//! are families too.
//!
//! ```
//! use for_lt::families::{ArrayOf, ConstPtrOf, Constant, MutRef, RefOf, RefSliceOf, SharedRef};
//! use for_lt::{CovariantForLt, ForLt};
//!
//! fn same<'a, F: CovariantForLt + ForLt<Of<'a> = T>, T>() {}
//! fn check<'a>() {
//!     same::<'a, Constant<u8>, u8>();
//!     same::<'a, SharedRef<str>, &'a str>();
//!     same::<'a, MutRef<str>, &'a mut str>();
//!     same::<'a, RefOf<SharedRef<str>>, &'a &'a str>();
//!     same::<'a, RefSliceOf<SharedRef<str>>, &'a [&'a str]>();
//!     same::<'a, ArrayOf<SharedRef<str>, 2>, [&'a str; 2]>();
//!     same::<'a, ConstPtrOf<SharedRef<str>>, *const &'a str>();
//!     same::<'a, Option<(SharedRef<str>, Constant<u8>)>, Option<(&'a str, u8)>>();
//! }
//! # check();
//! ```

use core::marker::PhantomData;

use crate::{CovariantForLt, ForLt};

macro_rules! families {
    ($(
        $(#[$doc:meta])*
        $name:ident[$arg:ident: $($bound:tt)*] = $lifetime:lifetime $of:ty, when $($inner:ident)?;
    )*) => {$(
        // The bounds are on the implementations only: a failed proof then names the inner type.
        $(#[$doc])*
        pub struct $name<$arg: ?Sized>(PhantomData<fn() -> PhantomData<$arg>>);
        families!(impl [$arg: $($bound)*] ($name<$arg>) = $lifetime $of, when $($inner)?);
    )*};
    (impl [$($generics:tt)*] ($family:ty) = $lifetime:lifetime $of:ty, when $($inner:ident)*) => {
        impl<$($generics)*> ForLt for $family {
            type Of<$lifetime> = $of;
        }
        // SAFETY: the type constructor of `Of` is covariant in its lifetime and in each of its
        // type arguments, and `check` of every argument family returns only if that family is
        // covariant.
        unsafe impl<$($generics)*> CovariantForLt for $family
        where
            $($inner: CovariantForLt,)*
        {
            #[inline(always)]
            fn check() {
                $($inner::check();)*
            }
        }
    };
}

families! {
    /// `T` for every lifetime.
    Constant[T: 'static] = 'a T, when;
    /// `&'a T` of a `T` without the lifetime.
    SharedRef[T: ?Sized + 'static] = 'a &'a T, when;
    /// `&'a mut T` of a `T` without the lifetime.
    MutRef[T: ?Sized + 'static] = 'a &'a mut T, when;
    /// `&'a F::Of<'a>`.
    RefOf[F: ForLt] = 'a &'a F::Of<'a>, when F;
    /// `&'a [F::Of<'a>]`.
    RefSliceOf[F: ForLt] = 'a &'a [F::Of<'a>], when F;
    /// `*const F::Of<'a>`.
    ConstPtrOf[F: ForLt] = 'a *const F::Of<'a>, when F;
}

/// `[F::Of<'a>; N]`.
pub struct ArrayOf<F, const N: usize>(PhantomData<fn() -> PhantomData<F>>);
families!(impl [F: ForLt, const N: usize] (ArrayOf<F, N>) = 'a [F::Of<'a>; N], when F);

/// Replaces a type that a macro refused, so that there is one error and not two. It is the family of `()`.
#[doc(hidden)]
pub struct Refused<const N: usize>;
families!(impl [const N: usize] (Refused<N>) = 'a (), when);

families!(impl [A: ForLt] (Option<A>) = 'a Option<A::Of<'a>>, when A);
families!(impl [A: ForLt, B: ForLt] (Result<A, B>) = 'a Result<A::Of<'a>, B::Of<'a>>, when A B);

macro_rules! tuples {
    ($($name:ident)*) => {
        families!(impl [$($name: ForLt),*] (($($name,)*)) = 'a ($($name::Of<'a>,)*), when $($name)*);
    };
}
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E G);
tuples!(A B C D E G H);
tuples!(A B C D E G H I);
