//! What the macros and derives accept, and which family they name.
#![forbid(unsafe_code)]
#![cfg(not(loom))]
#![expect(dead_code, reason = "most types here are only named")]
#![expect(
    clippy::extra_unused_lifetimes,
    reason = "an arbitrary lifetime to test with"
)]

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::sync::Mutex;

use for_lt::{
    CovariantFamily, CovariantForLt, Family, ForLt, ProveCovariant, Witness, covariant_family,
    family, payload_identity,
};

/// Compiles only if the member of `F` for `'a` is `T`.
fn same<'a, F: ForLt<Of<'a> = T>, T>() {}
/// The same for a covariant family.
fn same_covariant<'a, F: CovariantForLt + ForLt<Of<'a> = T>, T>() {}

#[derive(CovariantFamily)]
struct Pair<'a, 'b>(&'a str, &'b str);

#[derive(CovariantFamily)]
struct Window<'a, const SIZE: usize>(&'a [u8; SIZE]);

#[derive(CovariantFamily)]
struct Typed<'a, T: Clone + 'a, U = u8>(&'a T, PhantomData<U>)
where
    U: ?Sized;

#[derive(CovariantFamily, Debug, PartialEq)]
struct Plain(u32);

#[derive(Family)]
struct Slot<'a, T>(Cell<Option<&'a T>>);

/// Neither derives.
struct Underived<'a>(RefCell<&'a str>);

struct UnderivedTyped<'a, T, const N: usize>(&'a [T; N]);

#[test]
fn for_lt_names_the_family() {
    fn check<'a>() {
        same::<'a, ForLt!(for<'x> Underived<'x>), Underived<'a>>();
        same::<'a, ForLt!(for<'x> Underived<'x>), Underived<'a>>();
        same::<'a, ForLt!(Underived<'_>), Underived<'a>>();
        same::<'a, ForLt!(&u32), &'a u32>();
        same::<'a, ForLt!(&mut u32), &'a mut u32>();
        same::<'a, ForLt!(u32), u32>();
        same::<'a, ForLt!(Plain), Plain>();
        same::<'a, ForLt!(&'static str), &'static str>();
        same::<'a, ForLt!(Pair<'_, '_>), Pair<'a, 'a>>();
        same::<'a, ForLt!(Pair<'_, 'static>), Pair<'a, 'static>>();
        same::<'a, ForLt!((&u8, [&str; 3], *const &u8)), (&'a u8, [&'a str; 3], *const &'a u8)>();
        same::<'a, ForLt!(&mut &u8), &'a mut &'a u8>();
        same::<'a, ForLt!(&[Underived<'_>]), &'a [Underived<'a>]>();
        same::<'a, ForLt!(Cell<&u8>), Cell<&'a u8>>();
        same::<'a, ForLt!(Mutex<Underived<'_>>), Mutex<Underived<'a>>>();
        same::<'a, ForLt!(fn(&u8) -> &u8), fn(&'a u8) -> &'a u8>();
        same::<'a, ForLt!(for<'x> fn(&'x u8)), fn(&'a u8)>();
        same::<'a, ForLt!((for<'x> fn(&'x u8))), for<'x> fn(&'x u8)>();
        same::<'a, ForLt!(for<'x> for<'y> fn(&'x u8, &'y u8)), for<'y> fn(&'a u8, &'y u8)>();
        same::<'a, ForLt!(&dyn ToString), &'a (dyn ToString + 'a)>();
        same::<'a, ForLt!(Box<dyn Fn(&u8) + '_>), Box<dyn Fn(&'a u8) + 'a>>();
        same::<'a, ForLt!(<[&u8] as ToOwned>::Owned), Vec<&'a u8>>();
        same::<'a, ForLt!(UnderivedTyped<'_, u8, 3>), UnderivedTyped<'a, u8, 3>>();
        same::<'a, ForLt!(UnderivedTyped<'_, self::Plain, 3>), UnderivedTyped<'a, Plain, 3>>();
        same::<'a, ForLt!(UnderivedTyped<'_, Vec<u8>, 3>), UnderivedTyped<'a, Vec<u8>, 3>>();
    }
    check();
}

#[test]
fn covariant_for_lt_names_the_family() {
    fn check<'a>() {
        same_covariant::<'a, CovariantForLt!(&u32), &'a u32>();
        same_covariant::<'a, CovariantForLt!(&mut u32), &'a mut u32>();
        same_covariant::<'a, CovariantForLt!(u32), u32>();
        same_covariant::<'a, CovariantForLt!(Plain), Plain>();
        same_covariant::<'a, CovariantForLt!(&'static str), &'static str>();
        same_covariant::<'a, CovariantForLt!(for<'x> Pair<'x, 'x>), Pair<'a, 'a>>();
        same_covariant::<'a, CovariantForLt!(&&str), &'a &'a str>();
        same_covariant::<'a, CovariantForLt!(&[Pair<'_, '_>]), &'a [Pair<'a, 'a>]>();
        same_covariant::<'a, CovariantForLt!((&u8, [&str; 3])), (&'a u8, [&'a str; 3])>();
        same_covariant::<'a, CovariantForLt!((*const &u8,)), (*const &'a u8,)>();
        same_covariant::<'a, CovariantForLt!(Option<&u8>), Option<&'a u8>>();
        same_covariant::<'a, CovariantForLt!(Result<u8, &str>), Result<u8, &'a str>>();
        same_covariant::<'a, CovariantForLt!((for<'x> fn(&'x u8))), for<'x> fn(&'x u8)>();
        same_covariant::<'a, CovariantForLt!(Cell<u8>), Cell<u8>>();
        same_covariant::<
            'a,
            CovariantForLt!(&(dyn ToString + 'static)),
            &'a (dyn ToString + 'static),
        >();
        same_covariant::<'a, CovariantForLt!(Typed<'_, u16, str>), Typed<'a, u16, str>>();
    }
    check();
}

#[test]
fn generic_parameters_of_the_enclosing_item() {
    struct User<T: 'static, const SIZE: usize>(T);
    impl<T: Clone + 'static, const SIZE: usize> User<T, SIZE> {
        fn check<'a>() {
            same::<'a, ForLt!(Window<'_, SIZE>), Window<'a, SIZE>>();
            same::<'a, ForLt!(&[Window<'_, SIZE>]), &'a [Window<'a, SIZE>]>();
            same::<'a, ForLt!([(&T, &[T; SIZE]); SIZE]), [(&'a T, &'a [T; SIZE]); SIZE]>();
            same::<'a, ForLt!(Slot<'_, T>), Slot<'a, T>>();
            same::<'a, ForLt!((Cell<&u8>, &T)), (Cell<&'a u8>, &'a T)>();
            same::<'a, ForLt!(T), T>();
            same::<'a, Deep<T>, Mutex<Slot<'a, T>>>();
            same_covariant::<'a, CovariantForLt!(Window<'_, SIZE>), Window<'a, SIZE>>();
            same_covariant::<
                'a,
                CovariantForLt!(Option<Window<'_, { SIZE }>>),
                Option<Window<'a, SIZE>>,
            >();
            same_covariant::<'a, CovariantForLt!(&[Typed<'_, T>; SIZE]), &'a [Typed<'a, T>; SIZE]>(
            );
            same_covariant::<'a, Items<T>, std::slice::Iter<'a, T>>();
        }
    }
    User::<u8, 3>::check();
    let _ = User::<u8, 3>(0).0;
}

family! {
    /// The lifetime inside a type argument, next to a generic parameter.
    struct Deep<T: 'static> = Mutex<Slot<'_, T>>;
}
covariant_family! {
    /// A foreign type.
    pub(crate) struct Items<T> where T: 'static = for<'a> std::slice::Iter<'a, T>;
}

#[test]
fn cast_ref_shortens() {
    fn shorten<'r, F: CovariantForLt>(long: &'r F::Of<'static>, _: &'r String) -> &'r F::Of<'r> {
        F::cast_ref(long)
    }
    let local = String::from("x");
    assert_eq!(*shorten::<CovariantForLt!(&str)>(&"y", &local), "y");
    let pair = Pair("a", "b");
    let short: &Pair<'_, '_> = shorten::<CovariantForLt!(Pair<'_, '_>)>(&pair, &local);
    assert_eq!((short.0, short.1), ("a", "b"));
    let array = [Some(&1_u8), None];
    let short = shorten::<CovariantForLt!([Option<&u8>; 2])>(&array, &local);
    assert!(
        std::ptr::eq(short, &array),
        "the reference itself is unchanged"
    );
    static WINDOWS: [Window<'static, 2>; 2] = [Window(&[1, 2]), Window(&[3, 4])];
    let slice = &WINDOWS[..];
    let short = shorten::<CovariantForLt!(&[Window<'_, 2>])>(&slice, &local);
    assert_eq!(short[1].0, &[3, 4]);
    assert_eq!(
        *shorten::<CovariantForLt!(Plain)>(&Plain(3), &local),
        Plain(3)
    );
}

/// A type that may not move once it is pinned.
#[derive(CovariantFamily)]
struct Fixed<'a>(&'a str, std::marker::PhantomPinned);

#[test]
fn cast_pin_ref_shortens_and_stays_pinned() {
    use std::pin::{Pin, pin};
    fn shorten<'r, F: CovariantForLt>(
        long: Pin<&'r F::Of<'static>>,
        _: &'r String,
    ) -> Pin<&'r F::Of<'r>> {
        F::cast_pin_ref(long)
    }
    let local = String::from("x");
    let fixed = pin!(Fixed("uart", std::marker::PhantomPinned));
    let fixed = fixed.as_ref();
    let short = shorten::<CovariantForLt!(Fixed<'_>)>(fixed, &local);
    assert_eq!(short.0, "uart");
    assert!(
        std::ptr::eq(short.get_ref(), fixed.get_ref()),
        "the same place"
    );
}

#[test]
fn encodings_of_one_type_have_one_identity() {
    let identity = payload_identity::<ForLt!(Pair<'_, '_>)>();
    assert_eq!(
        identity,
        payload_identity::<CovariantForLt!(Pair<'_, '_>)>()
    );
    assert_eq!(
        identity,
        payload_identity::<CovariantForLt!(for<'a> Pair<'a, 'a>)>()
    );
    assert_eq!(identity, payload_identity::<Pair<'static, 'static>>());
    assert_ne!(identity, payload_identity::<ForLt!((&str, &str))>());
    assert_eq!(
        payload_identity::<ForLt!(&[Window<'_, 4>])>(),
        payload_identity::<CovariantForLt!(&[Window<'_, 4>])>(),
    );
    assert_ne!(
        payload_identity::<ForLt!(Window<'_, 4>)>(),
        payload_identity::<ForLt!(Window<'_, 5>)>(),
    );
    assert_ne!(
        payload_identity::<ForLt!(u32)>(),
        payload_identity::<ForLt!(Plain)>()
    );
}

/// Nothing of the program that asks goes into the number. It was computed outside of Rust from the
/// path, size and alignment of the type.
#[test]
fn identity_is_the_same_in_every_program() {
    let identity = payload_identity::<ForLt!(for_lt::revocable::Status)>();
    assert_eq!(identity, 0x8386_c9b7_24d5_9092);
}

/// Every name that the expansions could collide with, and no prelude.
mod hostile_names {
    #![no_implicit_prelude]
    #![expect(non_camel_case_types, reason = "the names are the test")]

    use ::for_lt::{CovariantFamily, CovariantForLt, Family, ForLt, covariant_family, family};

    mod core {}
    mod std {}
    mod for_lt {}
    mod __private {}
    struct ProofOfWellFormedness0<'a>(&'a u8);
    #[derive(CovariantFamily)]
    struct Witness<'short, 'long, T>(&'short T, &'long T);
    #[derive(Family)]
    struct HigherRanked<'of>(&'of u8);
    struct WithLt<T>(T);
    struct Option<T>(T);
    struct PhantomData;
    struct ProveCovariant;
    trait Of {}

    family! { struct A<elided0> = WithLt<&elided0> where elided0: 'static; }
    covariant_family! { struct B<T: 'static> = Witness<'_, '_, T>; }

    fn is_family<F: ForLt>() {}
    fn is_covariant<F: CovariantForLt>() {}

    #[test]
    fn names_do_not_collide() {
        is_family::<ForLt!(ProofOfWellFormedness0<'_>)>();
        is_family::<ForLt!(WithLt<ProofOfWellFormedness0<'_>>)>();
        is_family::<ForLt!(for<'elided0> HigherRanked<'elided0>)>();
        is_family::<ForLt!(Option<&u8>)>();
        is_family::<A<u8>>();
        is_covariant::<B<u8>>();
        is_covariant::<CovariantForLt!(for<'short> Witness<'short, 'short, u8>)>();
        is_covariant::<CovariantForLt!(for<'long> &'long Witness<'long, 'long, u8>)>();
    }
}

/// The macros reach the crate through a re-export, and the derives by an attribute.
mod re_export {
    mod other {
        pub(super) use for_lt as inner;
    }
    use other::inner::{CovariantFamily, CovariantForLt};

    #[derive(CovariantFamily)]
    #[for_lt(crate = other::inner)]
    struct Name<'a>(&'a str);

    #[test]
    fn works() {
        fn check<F: CovariantForLt>() {}
        check::<other::inner::CovariantForLt!(Name<'_>)>();
        check::<other::inner::CovariantForLt!(&Name<'_>)>();
    }
}

/// Each part of a type has a proof of its own, and so has each type of a scope.
#[test]
#[expect(clippy::type_complexity, reason = "that is what is tested")]
fn several_proofs_in_one_scope() {
    fn check<'a>() {
        same::<'a, ForLt!((Underived<'_>, Pair<'_, '_>)), (Underived<'a>, Pair<'a, 'a>)>();
        same::<
            'a,
            ForLt!((Underived<'_>, (Cell<&u8>, Underived<'_>), Option<&u8>)),
            (Underived<'a>, (Cell<&'a u8>, Underived<'a>), Option<&'a u8>),
        >();
        same::<
            'a,
            ForLt!([(Underived<'_>, &[(Cell<&u8>, Cell<&u16>)]); 2]),
            [(Underived<'a>, &'a [(Cell<&'a u8>, Cell<&'a u16>)]); 2],
        >();
        let _: PhantomData<(ForLt!(Cell<&u8>), ForLt!((Cell<&u16>, Cell<&u32>)))> = PhantomData;
    }
    check();
    fn in_a_signature<'a>(
        first: <ForLt!((Cell<&u8>, Cell<&u16>)) as ForLt>::Of<'a>,
        second: <ForLt!(Cell<&u8>) as ForLt>::Of<'a>,
    ) -> <ForLt!((Cell<&u8>, Cell<&u16>)) as ForLt>::Of<'a> {
        (second, first.1)
    }
    let result = in_a_signature((Cell::new(&1), Cell::new(&2)), Cell::new(&3));
    assert_eq!((*result.0.get(), *result.1.get()), (3, 2));
}

/// To the compiler `'r#a` is `'a`.
#[test]
fn raw_names() {
    fn check<'x>() {
        same::<'x, ForLt!(for<'a> Cell<&'r#a u8>), Cell<&'x u8>>();
        same::<'x, ForLt!(for<'r#fn> Cell<&'r#fn u8>), Cell<&'x u8>>();
        same_covariant::<'x, CovariantForLt!(for<'r#a> Option<&'a u8>), Option<&'x u8>>();
    }
    check();
}

/// Types that come through `macro_rules!` fragments.
#[test]
fn fragments() {
    macro_rules! family_of {
        ($ty:ty) => {
            ForLt!($ty)
        };
    }
    macro_rules! covariant_family_of {
        ($ty:ty) => {
            CovariantForLt!(&$ty)
        };
    }
    fn check<'a>() {
        same::<'a, family_of!(&Pair<'_, '_>), &'a Pair<'a, 'a>>();
        same_covariant::<'a, covariant_family_of!(Pair<'_, '_>), &'a Pair<'a, 'a>>();
    }
    check();
}

/// A macro within the type: the type has a derive, or the macro an alias.
#[test]
fn families_of_families() {
    #[derive(Family)]
    struct Nested<'a, F: ForLt>(&'a u8, F::Of<'a>);
    struct UnderivedNested<'a, F: ForLt>(&'a u8, F::Of<'a>);
    type Inner = ForLt!(&u8);

    fn check<'a, T: 'static>() {
        same::<'a, ForLt!(Nested<'_, ForLt!(&T)>), Nested<'a, ForLt!(&T)>>();
        same::<'a, ForLt!(&[Nested<'_, ForLt!(u8)>]), &'a [Nested<'a, ForLt!(u8)>]>();
        same::<'a, ForLt!(Vec<ForLt!(u8)>), Vec<ForLt!(u8)>>();
    }
    fn with_alias<'a>() {
        same::<'a, ForLt!(UnderivedNested<'_, self::alias::Outer>), UnderivedNested<'a, Inner>>();
        same::<'a, ForLt!(Vec<(Inner, &u8)>), Vec<(Inner, &'a u8)>>();
    }
    check::<u8>();
    with_alias();
}
mod alias {
    pub(super) type Outer = for_lt::ForLt!(&u8);
}

/// A proof that does not return is no proof, and nothing is cast.
#[test]
#[should_panic = "no proof"]
fn a_proof_that_panics_casts_nothing() {
    struct Liar;
    impl ForLt for Liar {
        type Of<'a> = Cell<&'a str>;
    }
    impl ProveCovariant for Liar {
        fn prove<'short, 'long: 'short>(
            _: Witness<Self::Of<'long>, Self>,
        ) -> Witness<Self::Of<'short>, Self> {
            panic!("no proof")
        }
    }
    // Composed families ask their parts.
    <for_lt::families::RefOf<Option<Liar>>>::cast_ref(&&Some(Cell::new("x")));
}
