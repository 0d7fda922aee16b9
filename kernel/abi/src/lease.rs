//! Leases, the grants in them, and what a holder may do.

use crate::{LeaseHandle, Optional, PayloadType, TaskHandle};
use bitflags::bitflags;
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout};

/// What a lessee may do with a grant. A lessor gives only what it has (L4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct Rights(u32);

bitflags! {
    impl Rights: u32 {
        /// Load from it.
        const READ = 1;
        /// Store to it.
        const WRITE = 1 << 1;
        /// Lend it, or a part of it, to another task.
        const LEND = 1 << 2;
    }
}

/// What kind of resource a grant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromZeros, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum GrantKind {
    /// Device registers. Mapped uncached when claimed.
    Mmio = 0,
    /// Another task's memory. Mapped when claimed.
    Memory = 1,
    /// PCI configuration space. Mapped read-only when claimed. The supervisor writes it, by
    /// [`Call::ConfigWrite`](crate::Call::ConfigWrite); the kernel keeps the bus-master bit to itself. A grant with the
    /// right to write and not that to read is of registers behind a header: its lessee writes them by the same call.
    Config = 2,
    /// An interrupt line: `base` is its number, `length` 1.
    Interrupt = 3,
    /// The right to be a bus master: `base` is the function's configuration space. On while claimed.
    BusMaster = 4,
}

/// How a grant is claimed ([`Call::GrantClaim`](crate::Call::GrantClaim)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ClaimMode {
    /// Together with other shared claims of the same bytes.
    Shared = 0,
    /// Alone: `Busy` while another claim has any of the bytes; later claims of others get `Busy`.
    Exclusive = 1,
}

/// How a grant is claimed at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromZeros, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum Claim {
    /// It is not.
    None = 0,
    /// Beside other plain claims of the same bytes; of an interrupt line, beside those of other PCI functions.
    Shared = 1,
    /// Alone.
    Exclusive = 2,
}

/// The state of a lease; docs/leases.md has the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromZeros, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum LeaseState {
    /// The slot is free.
    Free = 0,
    /// In force.
    Active = 1,
    /// Revoked; the lessee has not released it yet.
    Ending = 2,
    /// Released; some leases derived from it are not over yet, or its grants are being taken away.
    Released = 3,
}

impl LeaseState {
    /// A word for a person.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Active => "active",
            Self::Ending => "ending",
            Self::Released => "released",
        }
    }
}

/// How a lessor revokes ([`Call::LeaseRevoke`](crate::Call::LeaseRevoke)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RevokeMode {
    /// Windows stay until the lessee releases, so that a driver can quiet its hardware.
    Orderly = 0,
    /// Device windows, interrupts and bus mastering are taken away at once. Lent memory stays readable (L6).
    Hard = 1,
}

/// What [`Call::LeaseEvent`](crate::Call::LeaseEvent) reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum LeaseEvent {
    /// A lease was offered to the task and is in force.
    Offered = 1,
    /// A lease that the task holds was revoked: release it before the deadline.
    Ending = 2,
}

impl LeaseEvent {
    /// The event with this number.
    pub const fn from_code(code: usize) -> Option<Self> {
        match code {
            1 => Some(Self::Offered),
            2 => Some(Self::Ending),
            _ => None,
        }
    }
}

/// What [`Call::LeaseInfo`](crate::Call::LeaseInfo) and [`Call::LeaseAt`](crate::Call::LeaseAt) write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromZeros, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct LeaseInfo {
    /// The lease.
    pub handle: LeaseHandle,
    /// The lease it is derived from; none for one from the kernel at boot.
    pub parent: Optional<LeaseHandle>,
    /// Index of the lessor; none for the kernel.
    pub lessor: Optional<u32>,
    /// The life of a task that it was lent to.
    pub lessee: TaskHandle,
    /// Label of the device: [`label`] of its name.
    pub label: u32,
    /// Instance number among devices of one label.
    pub id: u32,
    /// Number of grants in it.
    pub grants: u16,
    /// Its state.
    pub state: LeaseState,
    /// Zero.
    pub reserved: u8,
    /// Generation of the lessor's life that lent it.
    pub lessor_generation: u32,
    /// The type of the lease's payload, as the lessor gave it.
    pub payload_type: PayloadType,
}

/// What [`Call::GrantInfo`](crate::Call::GrantInfo) writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromZeros, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct GrantInfo {
    /// First address (as the kernel's chip file has it), or interrupt line.
    pub base: u64,
    /// Length in bytes; 1 for an interrupt.
    pub length: u64,
    /// [`label`] of the grant's name.
    pub label: u32,
    /// What the lessee may do with it.
    pub rights: Rights,
    /// What kind of resource it is.
    pub kind: GrantKind,
    /// How the lessee has it claimed.
    pub claim: Claim,
    /// Zero.
    pub reserved: [u8; 6],
}

impl GrantInfo {
    /// Whether the lessee has it claimed.
    pub const fn is_claimed(&self) -> bool {
        !matches!(self.claim, Claim::None)
    }
}

/// The label of a name: 32-bit FNV-1a of its bytes
/// (Fowler, Noll, Vo, draft-eastlake-fnv). The build refuses two names of one image with one label.
pub const fn label(name: &str) -> u32 {
    label_after(0x811c_9dc5, name.as_bytes())
}

/// The label of a name that begins with one of this label and goes on with `more`.
///
/// ```
/// use leasehold_abi::{label, label_after};
///
/// assert_eq!(label_after(label("edu"), b".display"), label("edu.display"));
/// ```
#[inline(never)]
pub const fn label_after(label: u32, more: &[u8]) -> u32 {
    let mut hash = label;
    let mut at = 0;
    while at < more.len() {
        hash = (hash ^ more[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash
}
