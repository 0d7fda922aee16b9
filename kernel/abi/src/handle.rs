//! Handles: an index into a kernel table, and the generation that the slot had.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Declares a 32-bit handle of `$bits` index bits below the generation.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $bits:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, FromBytes, IntoBytes, Immutable, KnownLayout)]
        #[repr(transparent)]
        pub struct $name(u32);

        impl $name {
            /// Width of the index, in bits; the rest is the generation.
            pub const INDEX_BITS: u32 = $bits;
            /// Width of the generation, in bits.
            pub const GENERATION_BITS: u32 = 32 - $bits;

            /// Puts a handle together; the parts are cut to their widths.
            pub const fn new(index: usize, generation: u32) -> Self {
                let mask = (1 << Self::INDEX_BITS) - 1;
                Self((index as u32 & mask) | (generation << Self::INDEX_BITS))
            }

            /// The handle with this value in a register. Every value is a handle; only the kernel's tables say whether
            /// it names anything.
            pub const fn from_raw(raw: u32) -> Self {
                Self(raw)
            }

            /// The value in a register.
            pub const fn raw(self) -> u32 {
                self.0
            }

            /// The value for a register of a call.
            pub const fn register(self) -> usize {
                self.0 as usize
            }

            /// The slot in the kernel's table.
            pub const fn index(self) -> usize {
                (self.0 & ((1 << Self::INDEX_BITS) - 1)) as usize
            }

            /// The generation that the slot had when the handle was made.
            pub const fn generation(self) -> u32 {
                self.0 >> Self::INDEX_BITS
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(formatter, "{}.{}", self.index(), self.generation())
            }
        }
    };
}

handle! {
    /// Names one life of one task. A restarted task has a new handle; the old one gets
    /// [`Error::Dead`](crate::Error::Dead) forever.
    TaskHandle, 6
}

handle! {
    /// Names one use of one lease slot. Once the lease is over, the handle gets
    /// [`Error::Revoked`](crate::Error::Revoked) forever: a slot whose generation is used up is never used again.
    LeaseHandle, 10
}
