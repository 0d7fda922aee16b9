//! The class of network controllers: a driver lends buffers and rings, and the task above it has frames.
//!
//! The driver registers the auxiliary device [`NETWORK`] with a [`Network`] as payload. The frames lie in the DMA
//! memory of its device, so nothing is copied between the two tasks: in the rings are numbers of buffers. The child may
//! read the buffers of received frames, and write those of frames to send. The driver of a device without DMA has a
//! pool too, and copies each frame between it and its device ([`Port::put`], [`Port::get`]).
//!
//! [`Port`] is the driver's end. [`Frames`] is the end of the task above. Both are made of the queues of `class-queue`:
//! the driver asks the child to take received frames, and the child asks the driver to send frames.
//!
//! # When the driver restarts
//! Queues and buffers are revoked with the driver's lease. Frames that were in them may be sent or lost, as on any
//! wire: the protocols above send again. The new driver registers a new device, with empty queues and all buffers free.
//!
//! # Trust
//! Neither end believes the other, as `class-queue` says, and no length either that no frame has. The device only gets
//! buffers that the driver itself chose, so a child can make it send wrong frames, and nothing else.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod frames;
mod port;

pub use class_queue::{READY, Slot};
pub use frames::Frames;
pub use port::{Port, Wants};

use class_queue::{Asker, AskerOffer, Doer, DoerOffer, Driver, Tagged};
use userlib::auxiliary::{Lendable, Lent};
use userlib::dma::{DmaView, LentDma};
use userlib::for_lt::CovariantFamily;
use userlib::{CovariantForLt, Error};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Name of the auxiliary device, after the driver's own and a dot.
pub const NETWORK: &str = "network";

/// Buffers for received frames, and as many for frames to send.
pub const BUFFERS: usize = 32;

/// Bytes of a buffer.
pub const BUFFER: usize = 2048;

/// Bytes of the memory of one direction's buffers.
pub const MEMORY: usize = BUFFERS * BUFFER;

/// Bytes of an Ethernet frame with nothing in it: two addresses and a type. Source: IEEE 802.3, 3.1.1.
pub const LEAST_FRAME: usize = 14;

/// Bytes of the longest frame, without the check sequence. Source: IEEE 802.3, 3.2.7.
pub const MOST_FRAME: usize = 1514;

/// A frame in the buffer of a slot: where the buffer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Frame {
    /// Number of the slot.
    pub tag: u32,
    /// Bytes of the frame.
    pub length: u32,
}

/// A frame was taken, or sent: its buffer is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Done {
    /// Number of the slot.
    pub tag: u32,
}

impl Tagged for Frame {
    fn tag(&self) -> u32 {
        self.tag
    }
}

impl Tagged for Done {
    fn tag(&self) -> u32 {
        self.tag
    }
}

impl Frame {
    /// Its length, if a frame can have it.
    fn checked(self) -> Result<usize, Error> {
        let length = usize::try_from(self.length).map_err(|_| Error::Protocol)?;
        if is_length(length) {
            Ok(length)
        } else {
            Err(Error::Protocol)
        }
    }
}

/// Whether a frame can have so many bytes.
pub const fn is_length(length: usize) -> bool {
    LEAST_FRAME <= length && length <= MOST_FRAME
}

/// What the controller is like.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Identity {
    /// Hardware address.
    pub address: [u8; 6],
    /// Zero.
    pub reserved: [u8; 2],
}

/// Payload of the auxiliary device.
#[derive(Debug, CovariantFamily, Lendable)]
#[for_lt(crate = userlib::for_lt)]
#[offer(NetworkOffer<'a>)]
pub struct Network<'a> {
    driver: Driver,
    identity: Identity,
    /// 1 while there is a link.
    link: Lent<'a, u32>,
    received: Doer<'a, Frame, Done, BUFFERS>,
    transmit: Asker<'a, Frame, Done, BUFFERS>,
    received_memory: DmaView<'a, u8>,
    transmit_memory: DmaView<'a, u8>,
}

/// What the driver gives for a [`Network`].
#[derive(Debug)]
pub struct NetworkOffer<'a> {
    /// The driver.
    pub driver: (),
    /// What the controller is like.
    pub identity: Identity,
    /// 1 while there is a link.
    pub link: Lent<'a, u32>,
    /// The queue of frames that came.
    pub received: DoerOffer<'a, Frame, Done, BUFFERS>,
    /// The queue of frames to send.
    pub transmit: AskerOffer<'a, Frame, Done, BUFFERS>,
    /// A buffer for each slot of the one, to be read.
    pub received_memory: LentDma<'a, u8>,
    /// A buffer for each slot of the other, to be written.
    pub transmit_memory: LentDma<'a, u8>,
}

/// The family of [`Network`].
pub type NetworkFamily = CovariantForLt!(Network<'_>);
