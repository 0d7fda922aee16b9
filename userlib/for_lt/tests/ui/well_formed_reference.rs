//! A reference that may live longer than what it refers to (rust-lang/rust#152489).

use for_lt::{CovariantForLt, ForLt, family};

fn is_family<F: ForLt>() {}

struct Name<'a>(&'a u8);

fn generic<T: 'static>() {
    is_family::<ForLt!(&'static &T)>();
}

fn outer<'x>() {
    is_family::<ForLt!(&'x &u32)>();
}

family! {
    struct Declared = &'static &u32;
}

fn main() {
    is_family::<ForLt!(for<'a> &'static &'a u32)>();
    is_family::<CovariantForLt!(for<'a> &'static &'a u32)>();
    is_family::<ForLt!(&'static mut &u32)>();
    is_family::<ForLt!((u8, [*const &'static Name<'_>; 2]))>();
    is_family::<CovariantForLt!((u8, [*const &'static Name<'_>; 2]))>();
    is_family::<ForLt!(fn(&'static &u32))>();
    is_family::<ForLt!(Option<&'static &u32>)>();
    is_family::<CovariantForLt!(Option<&'static &u32>)>();
}
