//! The derive refuses a type that is not covariant: by syntax, or else by the compiler.

use for_lt::CovariantFamily;
use std::cell::Cell;

#[derive(CovariantFamily)]
struct Slot<'a>(Cell<&'a u32>);

#[derive(CovariantFamily)]
struct Behind<'a> {
    slot: &'a Slot<'a>,
}

#[derive(CovariantFamily)]
struct Callback<'a>(fn(&'a u32));

#[derive(CovariantFamily)]
enum Borrow<'a, 'b> {
    Some(&'a mut &'b u32),
    None,
}

fn main() {}
