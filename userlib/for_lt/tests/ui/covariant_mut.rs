//! The lifetime behind a mutable reference or pointer cannot be shortened.

use for_lt::CovariantForLt;

fn is_covariant<F: CovariantForLt>() {}

fn main() {
    is_covariant::<CovariantForLt!(for<'a> &'a mut &'a u32)>();
    is_covariant::<CovariantForLt!(&mut [&u32])>();
    is_covariant::<CovariantForLt!(*mut &u32)>();
}
