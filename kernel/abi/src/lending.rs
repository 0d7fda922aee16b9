//! What a task says when it lends: [`Call::LeaseLend`](crate::Call::LeaseLend).

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The lease that is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Lending {
    /// The lease that it derives from, which the caller holds: a raw [`LeaseHandle`](crate::LeaseHandle).
    pub parent: usize,
    /// Index of the task that gets it.
    pub lessee: usize,
    /// Which device or auxiliary device it is, by the hash of the name.
    pub label: usize,
    /// Which of several with that label.
    pub id: usize,
    /// The halves of a [`PayloadType`](crate::PayloadType).
    pub payload_type: [usize; 2],
}

/// A grant of that lease: a part of what the lessor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct LentPart {
    /// The number of a grant of the parent, or [`SELF_MEMORY`](crate::SELF_MEMORY).
    pub source: usize,
    /// Where the part begins: bytes (for interrupts, lines) after the beginning of the source, or an address in own
    /// memory.
    pub offset: usize,
    /// Bytes, or lines. [`WHOLE`](crate::WHOLE) means all of the source from there on; 0 is `Invalid`.
    pub length: usize,
    /// What the lessee may do: bits of [`Rights`](crate::Rights).
    pub rights: usize,
    /// Its name's hash; 0 for the source's.
    pub label: usize,
}
