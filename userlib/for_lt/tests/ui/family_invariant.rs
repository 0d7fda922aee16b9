//! The compiler refuses the proof of a type that is not covariant.

use for_lt::covariant_family;
use std::cell::Cell;

covariant_family! {
    struct Slot<T: 'static> = Cell<&T>;
}

covariant_family! {
    struct Callback = for<'a> fn(&'a u32);
}

fn main() {}
