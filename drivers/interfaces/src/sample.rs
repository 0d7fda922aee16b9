//! The auxiliary sample: what its parents and its children answer.

use leasehold_abi::{Error, LeaseHandle, Optional, Padded, TaskHandle};
use userlib::ipc::{Described, interface};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes};

/// Devices of the sample.
pub const SAMPLES: usize = 2;

/// Bytes for the name of a parent's device.
pub const IDENTITY: usize = 16;

/// What the child sees of a device.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    TryFromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Described,
)]
#[repr(u32)]
pub enum SampleState {
    /// It has had no lease on it in this life.
    #[default]
    NoLease = 0,
    /// Its revocable access to the payload gave the payload.
    Present = 1,
    /// Its revocable access gave `None`: the lease is over.
    Gone = 2,
}

/// What the child knows of one of the sample's devices.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    TryFromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Described,
)]
#[repr(C)]
pub struct SampleInfo {
    /// What the child sees of it now.
    pub state: SampleState,
    /// The payload's index; 0 unless it is present.
    pub index: u32,
    /// Who the parent's device is, read through the payload; empty unless it is present.
    pub identity: Padded<IDENTITY>,
    /// The child's lease on the device, the last one if it is over.
    pub lease: Optional<LeaseHandle>,
    /// How many leases on it the child has had in this life.
    pub bindings: u32,
    /// The parent's life that offered it.
    pub parent: Optional<TaskHandle>,
}

/// How a call went.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    TryFromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Described,
)]
#[repr(u32)]
pub enum HoldState {
    /// None was made yet.
    #[default]
    None = 0,
    /// The parent has not answered.
    InFlight = 1,
    /// The parent answered.
    Answered = 2,
    /// It ended with an error.
    Failed = 3,
}

/// The child's last long call to its parent.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    TryFromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Described,
)]
#[repr(C)]
pub struct HoldInfo {
    /// How it went.
    pub state: HoldState,
    /// The error's code; 0 unless it failed.
    pub error: u32,
    /// The parent's life that was called.
    pub parent: Optional<TaskHandle>,
    /// Milliseconds since boot when it ended.
    pub ended_ms: u32,
}

/// A board's inputs, as a child reads them through its window.
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

/// What every child answers.
#[interface]
pub trait SampleChild {
    /// What it sees of device `index`.
    fn sample(&mut self, index: u32) -> Result<SampleInfo, Error>;
    /// The result of its last long call.
    fn last_hold(&mut self) -> Result<HoldInfo, Error>;
    /// Starts a call to the parent that the parent answers after `milliseconds`; returns at once.
    fn hold(&mut self, milliseconds: u32) -> Result<(), Error>;
}

/// What the child that has the LEDs answers besides.
#[interface(first = 16)]
pub trait Leds {
    /// Lights the LEDs of `pattern` and no others; gives what is lit then. `Revoked` when the
    /// lease on them is over, `NoDevice` when the child has never had any.
    fn light(&mut self, pattern: u32) -> Result<u32, Error>;
}

/// What the child that has the buttons answers besides.
#[interface(first = 16)]
pub trait Buttons {
    /// What the child reads of buttons and counters. Errors as for [`Leds`](LedsServer::light).
    fn inputs(&mut self) -> Result<Inputs, Error>;
}

/// What the sample's parent answers.
#[interface]
pub trait SampleParent {
    /// Answers after `milliseconds`, at most 60 000.
    #[deferred]
    fn hold(&mut self, milliseconds: u32) -> Result<u32, Error>;
}
