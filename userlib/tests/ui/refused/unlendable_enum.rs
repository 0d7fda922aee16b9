//! A payload that could change its shape.
use userlib::auxiliary::{Lendable, Lent};

#[derive(Lendable)]
enum Either<'a> {
    Value(Lent<'a, u32>),
    Nothing,
}

fn main() {}
