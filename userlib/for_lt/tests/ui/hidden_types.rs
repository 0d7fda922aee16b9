//! The types that the macros expand to, named by hand, prove nothing.

use for_lt::__private::{HigherRanked, WithLt};
use for_lt::families::{RefOf, SharedRef};
use for_lt::{CovariantForLt, ForLt};
use std::cell::Cell;

type Slot = HigherRanked<dyn for<'a> WithLt<'a, Of = Cell<&'a u8>>, Cell<&'static u8>, 0>;

fn is_family<F: ForLt>() {}
fn is_covariant<F: CovariantForLt>() {}

fn main() {
    is_family::<Slot>();
    is_covariant::<Slot>();
    is_covariant::<RefOf<Slot>>();
    is_covariant::<RefOf<Cell<SharedRef<u8>>>>();
}
