//! What cannot refer to a generic parameter, and the remedies.

use for_lt::{CovariantForLt, ForLt};
use std::sync::Mutex;

struct Window<'a, const SIZE: usize>(&'a [u8; SIZE]);

fn is_family<F: ForLt>() {}

fn generic<T: 'static, const SIZE: usize>() {
    is_family::<ForLt!(Window<'_, SIZE>)>();
    is_family::<CovariantForLt!(Window<'_, SIZE>)>();
    is_family::<ForLt!(Mutex<&T>)>();
}

fn main() {}
