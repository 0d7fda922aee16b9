//! A family holds no lifetime but its own and `'static`.

use for_lt::{CovariantForLt, ForLt};

fn is_family<F: ForLt>() {}

struct Foreign<'x>(&'x u8);
impl<'x> ForLt for Foreign<'x> {
    type Of<'a> = (&'a u8, &'x u8);
}

fn check<'x, T>() {
    is_family::<ForLt!((&u8, &'x u8))>();
    is_family::<CovariantForLt!((&u8, &'x u8))>();
    is_family::<ForLt!((&u8, T))>();
    is_family::<CovariantForLt!((&u8, T))>();
}

fn main() {}
