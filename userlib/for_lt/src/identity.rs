//! Identifies the types of a family: exactly within a program, and by a number across programs.

use core::any::{TypeId, type_name};

use crate::ForLt;
use crate::family::WithLt;

/// Identifies the types of `F` within this program: two families have one identity only if
/// `F::Of<'a>` and `G::Of<'a>` are the same type for *every* `'a`.
///
/// So a value that was stored as `F::Of<'a>` may be taken out as `G::Of<'a>`, whatever `'a` was.
/// The `TypeId` of the member at `'static` would not do for that: `T<'a, 'a>` and
/// `T<'a, 'static>` have the same one.
///
/// ```
/// use for_lt::{CovariantForLt, ForLt, family_id};
///
/// struct Pair<'a, 'b>(&'a str, &'b str);
///
/// assert_eq!(family_id::<ForLt!(&str)>(), family_id::<CovariantForLt!(for<'a> &'a str)>());
/// assert_ne!(family_id::<ForLt!(Pair<'_, '_>)>(), family_id::<ForLt!(Pair<'_, 'static>)>());
/// # let _ = Pair("", "").0.len() + Pair("", "").1.len();
/// ```
#[must_use]
pub fn family_id<F: ForLt + 'static>() -> TypeId {
    TypeId::of::<dyn for<'a> WithLt<'a, Of = F::Of<'a>>>()
}

/// Identifies the payload type of `F`: 64-bit FNV-1a over the name, size and alignment of
/// `F::Of<'static>`.
///
/// It is never 0. Every encoding of one type has one identity, and two programs that the same compiler built
/// from the same crates agree on it, so it can be compared across address spaces, where a
/// `TypeId` cannot.
///
/// It protects against mistakes, not against attacks. It does not distinguish:
/// - two versions of one crate, and two crates of one name, when the type has the same path,
///   size and alignment in both;
/// - types that differ in lifetimes only (`T<'a, 'static>` and `T<'a, 'a>`);
/// - closures, and types local to functions, whose printed paths collide;
/// - types that someone crafted on purpose: collisions of 64-bit FNV are easy to make.
///
/// So the receiver of a payload must still validate its content. Two programs built by
/// different compilers may disagree on one type, because the printed name is not specified.
///
/// ```
/// use for_lt::{CovariantForLt, ForLt, payload_identity};
///
/// assert_eq!(
///     payload_identity::<ForLt!(&str)>(),
///     payload_identity::<CovariantForLt!(for<'a> &'a str)>(),
/// );
/// assert_ne!(payload_identity::<ForLt!(&str)>(), payload_identity::<ForLt!(&u8)>());
/// ```
#[must_use]
pub fn payload_identity<F: ForLt>() -> u64 {
    let hash = fnv1a(FNV_OFFSET, type_name::<F::Of<'static>>().as_bytes());
    let hash = fnv1a(hash, &(size_of::<F::Of<'static>>() as u64).to_le_bytes());
    let hash = fnv1a(hash, &(align_of::<F::Of<'static>>() as u64).to_le_bytes());
    // No type has 0: so it stands for "no payload".
    if hash == 0 { 1 } else { hash }
}

/// The offset basis of 64-bit FNV-1a.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
/// The prime of 64-bit FNV-1a.
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// Continues the FNV-1a hash `hash` over `bytes`.
const fn fnv1a(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut index = 0;
    while index < bytes.len() {
        hash = (hash ^ bytes[index] as u64).wrapping_mul(FNV_PRIME);
        index += 1;
    }
    hash
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Test vectors of the FNV reference code.
    #[test]
    fn fnv1a_matches_the_reference() {
        assert_eq!(fnv1a(FNV_OFFSET, b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(FNV_OFFSET, b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(FNV_OFFSET, b"foobar"), 0x8594_4171_f739_67e8);
    }
}
