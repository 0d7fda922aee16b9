//! What the tables keep for futures that wait: for each interrupt line of the task, and for each binding.

use crate::sys::Notifications;
use core::cell::Cell;
use core::task::Waker;

/// Who waits for an interrupt line.
pub(crate) struct LineWaiter {
    /// Whom the interrupt wakes.
    pub(crate) waker: Cell<Option<Waker>>,
}

impl LineWaiter {
    /// Nobody.
    pub(crate) const fn new() -> Self {
        Self {
            waker: Cell::new(None),
        }
    }
}

/// What one binding hears from peers.
pub(crate) struct Hearing {
    /// Whether there is a [`Posts`](crate::future::Posts).
    pub(crate) hears: Cell<bool>,
    /// What peers posted and the driver was not told yet.
    pub(crate) posted: Cell<Notifications>,
    /// Whom to wake for that.
    pub(crate) listener: Cell<Option<Waker>>,
}

impl Hearing {
    /// Nothing.
    pub(crate) const fn new() -> Self {
        Self {
            hears: Cell::new(false),
            posted: Cell::new(Notifications::empty()),
            listener: Cell::new(None),
        }
    }

    /// Hears nothing any more.
    pub(crate) fn deafen(&self) {
        self.hears.set(false);
        self.posted.set(Notifications::empty());
        self.listener.take();
    }
}
