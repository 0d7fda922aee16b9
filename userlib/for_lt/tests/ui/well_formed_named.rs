//! A named type that is not well-formed for every lifetime (rust-lang/rust#152489).

use for_lt::{CovariantFamily, CovariantForLt, Family, ForLt, family};

fn is_family<F: ForLt>() {}

struct Nested<'a, 'b>(&'a &'b u8);
#[derive(CovariantFamily)]
struct Derived<'a, 'b>(&'a &'b u8);

struct Static<'a>(&'a u8)
where
    'a: 'static;

#[derive(Family)]
struct DerivedStatic<'a>(&'a u8)
where
    'a: 'static;

struct Bounded<'a, T: 'static>(&'a u8, T);

trait Chosen<'a> {}
impl Chosen<'static> for u8 {}
struct Choosy<'a, T: Chosen<'a>>(&'a T);

family! {
    struct Declared = Nested<'static, '_>;
}

fn main() {
    is_family::<ForLt!(Nested<'static, '_>)>();
    is_family::<ForLt!(Derived<'static, '_>)>();
    is_family::<CovariantForLt!(Derived<'static, '_>)>();
    is_family::<ForLt!(Static<'_>)>();
    is_family::<ForLt!(Bounded<'_, &u8>)>();
    is_family::<ForLt!(Choosy<'_, u8>)>();
    is_family::<ForLt!(for<'a> <&'static &'a u8 as ToOwned>::Owned)>();
}
