//! Auxiliary devices: a part of a driver's device, offered to a driver in another task.
//!
//! The parent makes a [`Registration`] with a payload; the child, bound to the auxiliary device,
//! gets it by [`registration_data`](crate::runtime::Device::registration_data). The payload crosses
//! address spaces, so it is made of [`Lendable`] parts only, and travels as bytes: the child
//! copies them once, then checks each part while it takes them apart. A hostile parent can at
//! worst give wrong values.

mod lendable;
mod lent;
mod memory;
mod mutex;
mod offers;
mod parts;
mod received;
mod region;
mod registration;
mod ring;
mod sub_window;
mod window;

#[cfg(test)]
mod dma_tests;
#[cfg(test)]
mod nested_tests;
#[cfg(test)]
mod ring_tests;
#[cfg(test)]
mod tests;

pub use lendable::{Lendable, Lender, Receiver};
pub use lent::{Lent, LentCell};
pub use mutex::{LentMutex, LentMutexGuard};
pub use region::LendRegion;
pub use registration::Registration;
pub use ring::{LentEnd, RingReceiver, RingSender, Turn};
pub use userlib_macros::Lendable;
pub use window::LentWindow;

pub(crate) use lent::{copy_in, copy_out};
pub(crate) use sub_window::SubWindow;

pub use crate::lend::WINDOW_GRANULE;

/// What a lease says of a payload of this type.
pub(crate) fn payload_type<F: for_lt::ForLt>() -> leasehold_abi::PayloadType {
    leasehold_abi::PayloadType::from_hash(for_lt::payload_identity::<F>())
}
pub(crate) use offers::Offers;
pub(crate) use received::ReceivedPayload;

use leasehold_abi::names::{PAYLOAD, SHARED, WINDOWS};

/// Bytes for a payload, at the start of its memory.
const PAYLOAD_LENGTH: usize = 512;
