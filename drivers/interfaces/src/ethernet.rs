//! An Ethernet controller: what it is, and what it counts. Frames go another way, by the class `network`.

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

/// What a controller's driver counts, in one of its lives. A count begins anew at 2^32.
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
pub struct EthernetCounters {
    /// Frames that came and went on to the task above.
    pub received: u32,
    /// Frames that were sent.
    pub sent: u32,
    /// Frames that came when the controller had no room, and were dropped by it.
    pub dropped: u32,
    /// Frames that came with an error or a length that no frame has, and were dropped by the driver.
    pub wrong: u32,
    /// Frames that the controller gave up to send.
    pub failed: u32,
}

/// What a controller's driver answers beside its frames.
#[interface]
pub trait EthernetController {
    /// Its identification.
    fn identity(&mut self) -> Result<EthernetInfo, Error>;
    /// What was counted.
    fn counters(&mut self) -> Result<EthernetCounters, Error>;
}
