//! The lifetime under a cell cannot be shortened.

use for_lt::CovariantForLt;
use std::cell::{Cell, RefCell};
use std::sync::Mutex;

fn is_covariant<F: CovariantForLt>() {}

fn main() {
    is_covariant::<CovariantForLt!(Cell<&u32>)>();
    is_covariant::<CovariantForLt!(for<'a> Mutex<&'a u32>)>();
    is_covariant::<CovariantForLt!(&[RefCell<&u32>])>();
}
