//! Which type a lease's payload has.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The type of a lease's payload, by a hash of the type's description that lessor and lessee compute alike. The kernel
/// only keeps it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(transparent)]
pub struct PayloadType(u64);

impl PayloadType {
    /// There is no payload.
    pub const NONE: Self = Self(0);

    /// The type with this hash. The hash 0 is no type's.
    pub const fn from_hash(hash: u64) -> Self {
        Self(hash)
    }

    /// Out of [`Lending`](crate::Lending): the low half and the high half.
    pub const fn from_halves([low, high]: [usize; 2]) -> Self {
        Self(low as u32 as u64 | (high as u32 as u64) << 32)
    }

    /// For [`Lending`](crate::Lending).
    pub const fn halves(self) -> [usize; 2] {
        [self.0 as u32 as usize, (self.0 >> 32) as u32 as usize]
    }
}
