//! The proof is about the type that the user named, whatever its name.

use for_lt::ForLt;

fn is_family<F: ForLt>() {}

trait Chosen<'a> {}
struct ProofOfWellFormedness0;
impl Chosen<'static> for ProofOfWellFormedness0 {}
struct ProofOfWellFormedness1;
struct Choosy<'a, T: Chosen<'a>>(&'a T, ProofOfWellFormedness1);

// Two lifetimes of one name, from two places.
macro_rules! mixed {
    ($outer:lifetime) => {
        is_family::<ForLt!(for<'a> (&$outer u8, &'a u8))>()
    };
}
fn mix<'a: 'static>() {
    mixed!('a);
}

fn main() {
    is_family::<ForLt!(Choosy<'_, ProofOfWellFormedness0>)>();
    is_family::<ForLt!(Choosy<'_, self::ProofOfWellFormedness0>)>();
    mix();
}
