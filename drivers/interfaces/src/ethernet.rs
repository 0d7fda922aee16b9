//! An Ethernet controller, as far as the demo drives one: what it says it is.

use leasehold_abi::Error;
use userlib::ipc::interface;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What a controller says of itself.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct EthernetInfo {
    /// Chip number.
    pub chip: u16,
    /// Chip revision.
    pub revision: u16,
    /// The byte-order test register.
    pub byte_test: u32,
    /// Hardware address.
    pub address: [u8; 6],
    /// Zero.
    pub reserved: [u8; 2],
}

/// What a controller's driver answers.
#[interface]
pub trait Ethernet {
    /// What it says it is. `TimedOut` when it does not give its address.
    fn identify(&mut self) -> Result<EthernetInfo, Error>;
}
