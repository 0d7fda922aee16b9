//! What the macros do not accept.

use for_lt::{CovariantForLt, Family, ForLt};

struct Name<'a>(&'a u8);
macro_rules! name {
    ($lifetime:lifetime) => { Name<$lifetime> };
}

#[derive(Family)]
#[for_lt(krate = other)]
struct Attribute;

fn is_family<F: ForLt>() {}

fn main() {
    is_family::<ForLt!(for<'a> Name<'_>)>();
    is_family::<ForLt!(for<'a> &Name<'a>)>();
    is_family::<ForLt!(for<'a, 'b> (Name<'a>, Name<'b>))>();
    is_family::<ForLt!(for<'static> Name<'static>)>();
    is_family::<ForLt!(&_)>();
    is_family::<ForLt!(&impl Sized)>();
    is_family::<CovariantForLt!(for<'a> name!('a))>();
    is_family::<ForLt!([&u8])>();
    is_family::<ForLt!()>();
    is_family::<ForLt!(u8 u8)>();
}
