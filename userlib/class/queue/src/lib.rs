//! What the classes of devices share: a queue of requests and answers between a driver and the task above it.
//!
//! The driver is the parent of an auxiliary device, the task above it the child. A queue has `N` *slots*. A slot has
//! one request at a time, and usually a buffer of the same number in the driver's DMA pool. One end, the [`Asker`],
//! puts requests in; the other, the [`Doer`], takes them out and gives each an answer, in any order. Which end is whose
//! depends on the direction: a disk's driver is a doer, and a network driver that has received frames is an asker.
//!
//! A [`Slot`] is the right to a slot, and to its buffer. Nobody can copy it. An asker gives it away with a request and
//! has it back with the answer.
//!
//! # Trust
//! Neither end believes the other. A ring's index that cannot be, a slot that does not exist, one that is asked twice,
//! an answer to what was not asked: each is `Protocol`, and from then on the queue gives nothing else. The driver then
//! drops the child's queue and offers a new one ([`Offered::renew`]); the task above drops the device. An end that
//! never answers keeps its slots, and no more: to wait for ever is for the client of the class to refuse.
//!
//! # Who is woken
//! [`READY`] is posted when the other end waits, and only then. So after an end has taken what there was, it asks
//! [`Asker::turn`] or [`Doer::turn`] whether to wait.
//!
//! # When one of the two is restarted
//! All memory of a queue is the driver's, and goes with its binding: slots that were asked are lost. The task above
//! takes the queue of the next binding, and asks again what its own clients still wait for.
//!
//! Each life of the task above has a queue of its own. The driver hears that a child let go (`LET_GO`) and renews the
//! queue. A child that is faster than that finds a queue that was used: it is *stale*, nothing can be asked, and a new
//! binding follows.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod asker;
mod doer;
mod offered;
mod offers;
mod slots;

pub use asker::Asker;
pub use doer::Doer;
pub use offered::{Driver, Offered};
pub use offers::{AskerOffer, DoerOffer};
pub use slots::{Slot, Tagged};
pub use userlib::auxiliary::Turn;

use userlib::sys::Notifications;

/// The notification that each side of a queue posts to the other.
pub const READY: Notifications = Notifications::peer(12);
