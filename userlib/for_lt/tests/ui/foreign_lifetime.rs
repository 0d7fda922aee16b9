//! A family holds no lifetime but its own and `'static`.

use for_lt::{CovariantForLt, ForLt};

fn is_family<F: ForLt>() {}

struct Foreign<'x>(&'x u8);
impl<'x> ForLt for Foreign<'x> {
    type Of<'a> = (&'a u8, &'x u8);
}

fn lifetime<'x>() {
    is_family::<ForLt!((&u8, &'x u8))>();
}

fn lifetime_covariant<'x>() {
    is_family::<CovariantForLt!((&u8, &'x u8))>();
}

fn parameter<T>() {
    is_family::<ForLt!((&u8, T))>();
}

fn parameter_covariant<T>() {
    is_family::<CovariantForLt!((&u8, T))>();
}

fn main() {}
