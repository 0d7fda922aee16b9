//! A type whose syntax proves nothing.

use for_lt::CovariantForLt;

struct Underived<'a>(&'a u32);
struct Pair<'a, 'b>(&'a u32, &'b u32);

fn is_covariant<F: CovariantForLt>() {}

fn main() {
    is_covariant::<CovariantForLt!(Underived<'_>)>();
    is_covariant::<CovariantForLt!(Pair<'_, 'static>)>();
    is_covariant::<CovariantForLt!(&dyn ToString)>();
    is_covariant::<CovariantForLt!(fn() -> &u32)>();
}
