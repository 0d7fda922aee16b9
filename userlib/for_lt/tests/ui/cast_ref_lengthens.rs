//! `cast_ref` shortens, and never lengthens.

use for_lt::CovariantForLt;

fn lengthen<'r, 'a, F: CovariantForLt>(short: &'r F::Of<'a>) -> &'r F::Of<'static> {
    F::cast_ref(short)
}

fn outlive<'a, F: CovariantForLt>(long: &F::Of<'static>) -> &'a F::Of<'a> {
    F::cast_ref(long)
}

fn main() {}
