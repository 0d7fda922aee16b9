//! The compiler refuses the proof of a type that is not covariant.

use for_lt::CovariantFamily;
use std::cell::Cell;

#[derive(CovariantFamily)]
struct Slot<'a>(Cell<&'a u32>);

#[derive(CovariantFamily)]
struct Callback<'a>(fn(&'a u32));

#[derive(CovariantFamily)]
struct Borrow<'a, 'b>(&'a mut &'b u32);

fn main() {}
