//! The lifetime in the argument of a function cannot be shortened.

use for_lt::CovariantForLt;

fn is_covariant<F: CovariantForLt>() {}

fn main() {
    is_covariant::<CovariantForLt!(fn(&u32))>();
    is_covariant::<CovariantForLt!(for<'a> Option<fn(&'a u32)>)>();
}
