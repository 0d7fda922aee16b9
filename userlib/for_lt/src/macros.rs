//! The macros that name families. They only pass the path of this crate to the procedural macros, so that they work
//! under any name and through any re-export of the crate.

/// Names the family of a type, in place of a type: an implementor of
/// [`ForLt`](trait@crate::ForLt).
///
/// | input | `Of<'a>` |
/// |---|---|
/// | `ForLt!(for<'x> Config<'x>)` | `Config<'a>` |
/// | `ForLt!(Config<'_>)` | `Config<'a>` |
/// | `ForLt!(Pair<'_, '_>)` | `Pair<'a, 'a>` |
/// | `ForLt!(&Config<'_>)` | `&'a Config<'a>` |
/// | `ForLt!(u32)` | `u32` |
///
/// Without `for<'x>`, *every* elided lifetime is the family's, also inside `fn(&u8)` and
/// `dyn Fn(&u8)`; for a function that takes any reference write `(for<'x> fn(&'x u8))`, in
/// parentheses. The object in `&dyn Trait` lives for the lifetime of the reference, as everywhere
/// in the language.
///
/// ```
/// use core::cell::Cell;
/// use for_lt::ForLt;
///
/// struct Pair<'a, 'b>(&'a str, &'b str);
///
/// fn same<'a, F: ForLt<Of<'a> = T>, T>() {}
/// fn check<'a>() {
///     same::<'a, ForLt!(for<'x> &'x str), &'a str>();
///     same::<'a, ForLt!(Pair<'_, '_>), Pair<'a, 'a>>();
///     same::<'a, ForLt!(&[Pair<'_, '_>]), &'a [Pair<'a, 'a>]>();
///     same::<'a, ForLt!(Cell<&str>), Cell<&'a str>>();
///     same::<'a, ForLt!(u32), u32>();
/// }
/// # check();
/// ```
///
/// # Generic parameters
///
/// The generic parameters of the enclosing item may be used. A type that has the lifetime as an
/// argument next to such a parameter must be a family itself, by
/// `#[derive(`[`Family`](crate::Family)`)]`:
///
/// ```
/// use for_lt::{Family, ForLt};
///
/// #[derive(Family)]
/// struct Window<'a, const SIZE: usize>(&'a [u8; SIZE]);
///
/// fn is_family<F: ForLt>() {}
/// fn generic<const SIZE: usize, T: 'static>() {
///     is_family::<ForLt!(Window<'_, SIZE>)>();
///     is_family::<ForLt!((&T, &[T; SIZE], &Window<'_, SIZE>))>();
/// }
/// # generic::<4, u8>();
/// ```
///
/// Any bare name among the arguments counts as a parameter, because the macro cannot tell. For a
/// type of that name write a path: `ForLt!(Window<'_, self::Config>)` needs no derive.
///
/// A type that has the lifetime inside a type argument, as in `Mutex<&T>`, cannot refer to a
/// generic parameter here: name the family with [`family!`](crate::family!).
///
/// # Well-formedness
///
/// The type must be well-formed for every lifetime; the compiler itself does not check this
/// inside `dyn for<'a>` (rust-lang/rust#152489).
/// ```compile_fail
/// # fn is_family<F: for_lt::ForLt>() {}
/// is_family::<for_lt::ForLt!(for<'a> &'static &'a u32)>();
/// ```
#[macro_export]
macro_rules! ForLt {
    ($($input:tt)*) => { $crate::__private::for_lt!(($crate) $($input)*) };
}

/// Names the family of a covariant type, in place of a type: an implementor of
/// [`CovariantForLt`](trait@crate::CovariantForLt).
///
/// The input is that of [`ForLt!`](crate::ForLt!). The proof goes by syntax down to named types:
/// references, slices, arrays, tuples, `*const`, `Option` and `Result` are covariant. A named type
/// brings its own proof by `#[derive(`[`CovariantFamily`](crate::CovariantFamily)`)]`, which the
/// compiler checks. For any other type, [`covariant_family!`](crate::covariant_family!) has the
/// compiler prove it. Generic parameters of the enclosing item may be used everywhere.
///
/// ```
/// use for_lt::{CovariantFamily, CovariantForLt};
///
/// #[derive(CovariantFamily)]
/// struct Window<'a, const SIZE: usize>(&'a [u8; SIZE]);
///
/// fn shorten<'r, F: CovariantForLt>(long: &'r F::Of<'static>) -> &'r F::Of<'r> {
///     F::cast_ref(long)
/// }
/// fn generic<const SIZE: usize>(window: &Window<'static, SIZE>) -> u8 {
///     shorten::<CovariantForLt!(Window<'_, SIZE>)>(window).0[0]
/// }
/// assert_eq!(generic(&Window(&[7; 4])), 7);
/// ```
///
/// A type that is not covariant is refused; [`ForLt!`](crate::ForLt!) takes it.
/// ```compile_fail
/// # fn is_covariant<F: for_lt::CovariantForLt>() {}
/// is_covariant::<for_lt::CovariantForLt!(core::cell::Cell<&u32>)>();
/// ```
#[macro_export]
macro_rules! CovariantForLt {
    ($($input:tt)*) => { $crate::__private::covariant_for_lt!(($crate) $($input)*) };
}

/// Declares a type that is the family of any type, of a foreign crate as well.
///
/// The input after `=` is that of [`ForLt!`](crate::ForLt!).
/// ```
/// use core::cell::Cell;
/// use for_lt::{ForLt, family};
///
/// family! {
///     /// A slot for a borrowed value.
///     pub struct Slot<T: 'static> = Cell<Option<&T>>;
/// }
/// fn empty<'a, F: ForLt<Of<'a>: Default>>() -> F::Of<'a> {
///     Default::default()
/// }
/// let slot = empty::<Slot<u8>>();
/// slot.set(Some(&7));
/// ```
#[macro_export]
macro_rules! family {
    ($($input:tt)*) => { $crate::__private::family!(($crate) $($input)*); };
}

/// Declares a type that is the covariant family of any covariant type, of a foreign crate as
/// well. The compiler proves it.
///
/// The input after `=` is that of [`ForLt!`](crate::ForLt!).
/// ```
/// use core::slice::Iter;
/// use for_lt::{CovariantForLt, covariant_family};
///
/// covariant_family! {
///     /// An iterator over a slice.
///     pub struct IterFamily<T: 'static> = for<'a> Iter<'a, T>;
/// }
/// fn shorten<'r, F: CovariantForLt>(long: &'r F::Of<'static>) -> &'r F::Of<'r> {
///     F::cast_ref(long)
/// }
/// assert_eq!(shorten::<IterFamily<u8>>(&[1, 2].iter()).len(), 2);
/// ```
///
/// ```compile_fail
/// for_lt::covariant_family! {
///     struct Slot = core::cell::Cell<&u8>;
/// }
/// ```
#[macro_export]
macro_rules! covariant_family {
    ($($input:tt)*) => { $crate::__private::covariant_family!(($crate) $($input)*); };
}
