//! The class of block devices: a driver offers the sectors of its disk, and the task above reads and writes them.
//!
//! The driver registers the auxiliary device [`DISK`] with a [`Disk`] as payload: its geometry, a queue of the crate
//! `class-queue`, and a buffer for each of the queue's slots, in the driver's DMA pool. The device itself reads and
//! writes those buffers, and so does the task above: nothing is copied between the two tasks.
//!
//! # What an answer means
//! A [`Operation::Write`] that is answered may still be in a cache of the disk. When a [`Operation::Flush`] is
//! answered, all writes that were answered before it was asked are on the medium. A disk without a cache answers it at
//! once.
//! Requests that are asked together may be done in any order.
//!
//! [`Failure::Gone`] says that there is no disk any more. It is the answer to each request until the driver starts
//! again and finds one.
//!
//! # When the driver restarts
//! What was answered is done. What was asked and not answered is unknown: a write may have been done, in part or not at
//! all. The task above keeps each request, with the data of a write, until it is answered, and asks it again in the
//! next binding. Reading or writing sectors twice is as good as once. Writes that were answered and not flushed are in
//! the disk, which did not restart with its driver; a loss of power may take them.
//!
//! # Trust
//! The driver refuses a request that is malformed or past the end ([`Failure::Range`]), and ends the queue of a child
//! that breaks the queue's rules. The task above checks geometry and answers; what it reads may be wrong, as from any
//! disk.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod disk;
mod record;
mod server;

pub use class_queue::{READY, Slot, Turn};
pub use disk::{Answered, Disk, DiskFamily, DiskOffer};
pub use record::{Answer, Failure, Geometry, Operation, Request};
pub use server::{Job, Server};

/// Name of the auxiliary device, after the driver's own and a dot.
pub const DISK: &str = "disk";

/// Bytes of a sector.
pub const SECTOR: usize = 512;

/// Requests at once, and buffers.
pub const SLOTS: usize = 8;

/// Bytes of a buffer: the most that a request moves.
pub const BUFFER: usize = 4096;
