//! Which clients wait for a reply that comes later, and whether anybody still has it.
//!
//! A [`Deferred`] may be forgotten like any value, and its client would wait for ever. So before a driver's
//! loop waits for the next event, the driver shows the replies that it has. A client whose reply is not
//! among them gets an error: nobody can answer it any more.

use super::Deferred;
use crate::sys::{MAX_TASKS, TaskHandle};
use core::cell::Cell;
use core::fmt;
use zerocopy::{Immutable, IntoBytes};

/// Most tasks of an image.
const TASKS: usize = if cfg!(target_pointer_width = "64") {
    MAX_TASKS
} else {
    32
};

/// The clients that this task owes a reply, by index: a task waits in one call at a time.
pub(crate) struct Owed {
    /// Those that wait.
    clients: Cell<u64>,
    /// For each the number of its call, so that a reply to an earlier one does not answer this one.
    calls: [Cell<u32>; TASKS],
    /// Number of the last call that was put off.
    last: Cell<u32>,
}

/// The bit of a task.
const fn bit(task: usize) -> u64 {
    1 << (task % TASKS)
}

impl Owed {
    /// Nobody waits.
    pub(crate) const fn new() -> Self {
        Self {
            clients: Cell::new(0),
            calls: [const { Cell::new(0) }; TASKS],
            last: Cell::new(0),
        }
    }

    /// A reply to the present call of `client` will come later; gives the call's number.
    pub(super) fn begin(&self, client: TaskHandle) -> u32 {
        let number = self.last.get().wrapping_add(1);
        self.last.set(number);
        self.calls[client.index() % TASKS].set(number);
        self.clients.set(self.clients.get() | bit(client.index()));
        number
    }

    /// Whether `client` still waits in the call of this number.
    fn waits(&self, client: TaskHandle, number: u32) -> bool {
        self.clients.get() & bit(client.index()) != 0
            && self.calls[client.index() % TASKS].get() == number
    }

    /// The call is about to be answered; false when it was.
    pub(super) fn end(&self, client: TaskHandle, number: u32) -> bool {
        let waits = self.waits(client, number);
        if waits {
            self.settle(client);
        }
        waits
    }

    /// The client is answered at once, whatever was begun.
    #[inline]
    pub(crate) fn settle(&self, client: TaskHandle) {
        self.clients.set(self.clients.get() & !bit(client.index()));
    }

    /// The kernel has answered everybody, because the task does not serve.
    pub(crate) fn settle_all(&self) {
        self.clients.set(0);
    }

    /// Whether anybody waits.
    #[inline]
    pub(crate) fn is_any(&self) -> bool {
        self.clients.get() != 0
    }

    /// Number of the last call that was put off: it changes with each.
    #[inline]
    pub(crate) fn last(&self) -> u32 {
        self.last.get()
    }

    /// Takes out the clients whose replies are not among `kept`; gives their indexes.
    pub(crate) fn take_forgotten(&self, kept: &Kept<'_>) -> impl Iterator<Item = usize> + use<> {
        let forgotten = self.clients.get() & !kept.clients;
        self.clients.set(self.clients.get() & kept.clients);
        (0..TASKS).filter(move |task| forgotten & bit(*task) != 0)
    }
}

/// Where a driver shows the replies that it has; see [`Driver::replies`](crate::runtime::Driver::replies).
pub struct Kept<'t> {
    owed: &'t Owed,
    clients: u64,
}

impl<'t> Kept<'t> {
    /// None shown yet.
    pub(crate) const fn new(owed: &'t Owed) -> Self {
        Self { owed, clients: 0 }
    }

    /// This one is still there, and will be used or dropped.
    pub fn show<T: IntoBytes + Immutable>(&mut self, reply: &Deferred<T>) {
        if self.owed.waits(reply.client(), reply.call()) {
            self.clients |= bit(reply.client().index());
        }
    }
}

impl fmt::Debug for Kept<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Kept({:#x})", self.clients)
    }
}
