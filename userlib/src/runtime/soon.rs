//! What the driver loop does together with its next wait, in the same system call: a line may come again, and a peer is
//! notified.

use crate::sys::{self, BeforeWait, LeaseHandle, Notifications, Peers, TaskHandle};
use core::cell::Cell;

/// A claimed line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The grant: its lease, and its index in it.
    pub(crate) grant: (LeaseHandle, usize),
    /// The line's number.
    pub(crate) number: u16,
}

/// At most one line and one peer. What does not fit is done at once.
pub(crate) struct Soon {
    line: Cell<Option<Line>>,
    peer: Cell<Option<(TaskHandle, Notifications)>>,
}

impl Soon {
    /// Nothing.
    pub(crate) const fn new() -> Self {
        Self {
            line: Cell::new(None),
            peer: Cell::new(None),
        }
    }

    /// Lets a line come again.
    pub(crate) fn acknowledge(&self, line: Line) {
        if let Some(before) = self.line.replace(Some(line))
            && before != line
        {
            acknowledge(before);
        }
    }

    /// The line is no longer the task's.
    pub(crate) fn forget(&self, line: Line) {
        if self.line.get() == Some(line) {
            self.line.set(None);
        }
    }

    /// Notifies a peer.
    pub(crate) fn notify(&self, peer: TaskHandle, bits: Notifications) {
        match self.peer.get() {
            Some((before, more)) if before == peer => self.peer.set(Some((peer, bits | more))),
            before => {
                self.peer.set(Some((peer, bits)));
                notify(before);
            }
        }
    }

    /// What [`sys::receive_after`] is to do. From then on there is nothing.
    pub(super) fn take(&self) -> (BeforeWait, Peers) {
        let mut before = BeforeWait::NOTHING;
        if let Some(line) = self.line.take() {
            before = before.acknowledge(line.number);
        }
        match self.peer.take() {
            Some((peer, bits)) => (before.notify(bits), Peers::NONE.with(peer)),
            None => (before, Peers::NONE),
        }
    }

    /// Does everything now.
    pub(super) fn do_all(&self) {
        if let Some(line) = self.line.take() {
            acknowledge(line);
        }
        notify(self.peer.take());
    }
}

fn acknowledge(line: Line) {
    let (lease, index) = line.grant;
    // `Revoked`: no interrupt may come any more.
    let _ = sys::interrupt_acknowledge(lease, index);
}

fn notify(peer: Option<(TaskHandle, Notifications)>) {
    if let Some((peer, bits)) = peer {
        // `Dead`: passed over, as by a receive.
        let _ = sys::notify(peer, bits);
    }
}
