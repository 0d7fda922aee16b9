//! The auxiliary sample: what its parent and its child answer.

use leasehold_abi::{Error, Padded};
use userlib::ipc::interface;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Devices of the sample.
pub const SAMPLES: usize = 2;

/// Bytes for the name of a parent's device.
pub const IDENTITY: usize = 16;

/// What the child knows of one of the sample's devices.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct SampleInfo {
    /// 1 when the child's revocable access to the payload gave it, 0 when it gave `None`.
    pub present: u32,
    /// The payload's index.
    pub index: u32,
    /// Who the parent's device is, read through the payload.
    pub identity: Padded<IDENTITY>,
    /// The child's lease on the device, the last one if it is over; [`u32::MAX`] before the first.
    pub lease: u32,
    /// How many leases on it the child has had in this life.
    pub bindings: u32,
    /// The parent's life that offered it.
    pub parent: u32,
    /// Zero.
    pub reserved: u32,
}

/// The result of the child's last long call to its parent.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct HoldInfo {
    /// 0: none yet, 1: in flight, 2: answered, 3: ended with `error`.
    pub state: u32,
    /// The error's code.
    pub error: u32,
    /// The parent's life that was called.
    pub parent: u32,
    /// Milliseconds since boot when it ended.
    pub ended_ms: u32,
}

/// A board's inputs, as a child reads them through its window.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Inputs {
    /// A bit for each button that is pressed.
    pub buttons: u32,
    /// Seconds since reset.
    pub seconds: u32,
    /// Hundredths of a second since reset.
    pub hundredths: u32,
    /// The cycle counter.
    pub cycles: u32,
}

/// What an auxiliary child answers.
#[interface]
pub trait SampleChild {
    /// What it sees of device `index`.
    fn sample(&mut self, index: u32) -> Result<SampleInfo, Error>;
    /// The result of its last long call.
    fn last_hold(&mut self) -> Result<HoldInfo, Error>;
    /// Starts a call to the parent that the parent answers after `milliseconds`; returns at once.
    fn hold(&mut self, milliseconds: u32) -> Result<(), Error>;
    /// Lights the LEDs of `pattern` and no others; gives what is lit then. `Revoked` when the
    /// lease on them is over, `NoDevice` when the child has never had any.
    fn light(&mut self, pattern: u32) -> Result<u32, Error>;
    /// What the child reads of buttons and counters. Errors as for [`light`](Self::light).
    fn inputs(&mut self) -> Result<Inputs, Error>;
}

/// What the sample's parent answers.
#[interface]
pub trait SampleParent {
    /// Answers after `milliseconds`, at most 60 000.
    #[deferred]
    fn hold(&mut self, milliseconds: u32) -> Result<u32, Error>;
}
