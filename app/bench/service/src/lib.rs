//! What the tasks of the image `bench-service` call each other by, and what the parent lends its child.
#![cfg_attr(target_os = "none", no_std)]
#![cfg(any(target_arch = "arm", target_arch = "riscv32", target_arch = "riscv64"))]
#![forbid(unsafe_code)]

use userlib::auxiliary::{Lendable, Lent};
use userlib::for_lt::CovariantFamily;
use userlib::ipc::interface;
use userlib::{CovariantForLt, Error};

/// Name of the auxiliary device, after the parent's own and a dot.
pub const NAME: &str = "part";

/// The payload: when it was offered, in the parent's memory.
#[derive(Clone, Copy, Debug, CovariantFamily, Lendable)]
pub struct Offer<'a> {
    /// The counter's value.
    pub when: Lent<'a, u64>,
}

/// The family of [`Offer`].
pub type OfferFamily = CovariantForLt!(Offer<'_>);

/// What the parent does.
#[interface]
pub trait Parent {
    /// Nothing.
    fn serve(&mut self) -> Result<(), Error>;
    /// Offers the auxiliary device.
    fn offer(&mut self) -> Result<(), Error>;
    /// Faults at an address that tells when.
    fn fault(&mut self) -> Result<(), Error>;
}

/// What the child does.
#[interface]
pub trait Child {
    /// How often it was bound, and the instructions from the last offer to its first read of the payload.
    fn bound(&mut self) -> Result<[u32; 2], Error>;
    /// Has the parent fault. `Protocol` if it does not.
    fn crash_parent(&mut self) -> Result<(), Error>;
}
