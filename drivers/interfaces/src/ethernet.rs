//! An Ethernet controller. The demo only identifies one.

use leasehold_abi::Error;
use userlib::ipc::{Described, interface};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The identification of a controller.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Described,
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
    /// Its identification. `TimedOut` when it does not give its address.
    fn identify(&mut self) -> Result<EthernetInfo, Error>;
}
