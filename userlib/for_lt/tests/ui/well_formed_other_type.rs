//! The proof is a copy of the type in another place. What would be another type there is refused:
//! each of these functions once gave out a dangling reference.

use for_lt::ForLt;

struct W<T, U>(T, U);

trait Extend<'a, 'b> {
    fn extend(from: &'b str) -> &'a str;
}

// The types in this header imply `'b: 'hr` and `'hr: 'a`.
impl<'a, 'hr, 'b> Extend<'a, 'b> for W<&'a &'hr (), &'hr &'b ()> {
    fn extend(from: &'b str) -> &'a str {
        from
    }
}

fn extend_by<'b, F>(from: &'b str) -> &'static str
where
    F: ForLt<Of<'b>: Extend<'static, 'b>>,
{
    <F::Of<'b>>::extend(from)
}

// `&'static ()` or `&'hr ()`, by a size: that of the proof's structure, or of the type meant.
trait Choice<'hr> {
    type Out;
}
struct Size<const BYTES: usize>;
impl<'hr> Choice<'hr> for Size<0> {
    type Out = &'static ();
}
impl<'hr> Choice<'hr> for Size<4> {
    type Out = &'hr ();
}
type Chosen<'hr, const BYTES: usize> = <Size<BYTES> as Choice<'hr>>::Out;

struct ProofOfWellFormedness0(u32);

macro_rules! me {
    () => {
        Self
    };
}
macro_rules! name {
    () => {
        ProofOfWellFormedness0
    };
}
macro_rules! pass {
    ($ty:ty) => {
        ForLt!(for<'hr> W<&'static $ty, &'hr &'hr ()>)
    };
}
macro_rules! call {
    ($name:ident) => {
        ForLt!(for<'hr> W<&'static Chosen<'hr, { size_of::<$name!()>() }>, &'hr &'hr ()>)
    };
}

impl ProofOfWellFormedness0 {
    fn by_self<'b>(from: &'b str) -> &'static str {
        extend_by::<ForLt!(for<'hr> W<&'static Chosen<'hr, { size_of::<Self>() }>, &'hr &'hr ()>)>(from)
    }

    fn by_self_in_a_fragment<'b>(from: &'b str) -> &'static str {
        extend_by::<pass!(Chosen<'hr, { size_of::<Self>() }>)>(from)
    }

    fn by_a_macro_for_self<'b>(from: &'b str) -> &'static str {
        extend_by::<ForLt!(for<'hr> W<&'static Chosen<'hr, { size_of::<me!()>() }>, &'hr &'hr ()>)>(from)
    }
}

fn by_a_macro_for_the_name<'b>(from: &'b str) -> &'static str {
    extend_by::<ForLt!(for<'hr> W<&'static Chosen<'hr, { size_of::<name!()>() }>, &'hr &'hr ()>)>(from)
}

fn by_a_macro_in_a_fragment<'b>(from: &'b str) -> &'static str {
    extend_by::<call!(name)>(from)
}

fn by_an_attribute<'b>(from: &'b str) -> &'static str {
    extend_by::<ForLt!(for<'hr> W<&'static Chosen<'hr, { #[derive(Clone)] struct Four(u32); size_of::<Four>() }>, &'hr &'hr ()>)>(from)
}

fn by_a_raw_name<'b>(from: &'b str) -> &'static str {
    extend_by::<ForLt!(for<'hr> W<&'static Chosen<'hr, { size_of::<r#ProofOfWellFormedness0>() }>, &'hr &'hr ()>)>(from)
}

// The proof of the second element stands beside that of the first.
trait Second {
    type Of;
}
impl<A, B> Second for (A, B) {
    type Of = B;
}
struct Named<'a>(&'a ());

fn extend_by_second<'b, F>(from: &'b str) -> &'static str
where
    F: ForLt<Of<'b>: Second<Of: Extend<'static, 'b>>>,
{
    <F::Of<'b> as Second>::Of::extend(from)
}

fn by_the_second_of_a_tuple<'b>(from: &'b str) -> &'static str {
    extend_by_second::<ForLt!(for<'hr> (Named<'hr>, W<&'static Chosen<'hr, { size_of::<ProofOfWellFormedness0>() }>, &'hr &'hr ()>))>(from)
}

fn main() {}
