//! `covariant_family!` refuses a type that is not covariant: by syntax, or else by the compiler.

use for_lt::covariant_family;
use std::cell::Cell;

covariant_family! {
    struct Slot<T: 'static> = Cell<&T>;
}

trait Trait<'a> {}
covariant_family! {
    struct Object = for<'a> Box<dyn Trait<'a>>;
}

covariant_family! {
    struct Callback = for<'a> fn(&'a u32);
}

fn main() {}
