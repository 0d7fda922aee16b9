//! The clients that wait for a later reply, and whether the driver still has that reply.
//!
//! A [`Deferred`](super::Deferred) may be forgotten like any value, and its client would wait for ever. So before a
//! driver's loop waits for the next event, the driver shows the replies that it keeps. If a client's reply is not among
//! them, nothing can answer the client any more, so it gets an error.

use crate::sys::{MAX_TASKS, TaskHandle};
use core::cell::Cell;
use core::fmt;

/// Most tasks of an image.
const TASKS: usize = if cfg!(target_pointer_width = "64") {
    MAX_TASKS
} else {
    32
};

/// The clients that this task owes a reply, by index: a task waits in one call at a time.
pub(crate) struct Owed {
    /// The clients that wait.
    clients: Cell<usize>,
    /// Number of the last deferred call.
    last: Cell<u32>,
}

/// For each client that waits the number of its call, so that a reply to an earlier one does not answer this one.
/// Apart, because a task that answers all at once has no use for it.
type Calls = [Cell<u32>; TASKS];

/// No calls.
const fn none() -> Calls {
    [const { Cell::new(0) }; TASKS]
}

/// The number of the present call of a client of this task.
#[cfg(target_os = "none")]
fn call_of(client: TaskHandle) -> &'static Cell<u32> {
    use crate::one_thread::OneThread;
    static CALLS: OneThread<Calls> = OneThread::new(none());
    &CALLS.get()[client.index() % TASKS]
}

/// On the host a thread stands for a task.
#[cfg(not(target_os = "none"))]
fn call_of(client: TaskHandle) -> &'static Cell<u32> {
    std::thread_local! {
        static CALLS: &'static Calls = crate::sys::keep_shared(none());
    }
    &CALLS.with(|calls| *calls)[client.index() % TASKS]
}

/// The bit of a task.
const fn bit(task: usize) -> usize {
    1 << (task % TASKS)
}

impl Owed {
    /// No client waits.
    pub(crate) const fn new() -> Self {
        Self {
            clients: Cell::new(0),
            last: Cell::new(0),
        }
    }

    /// Notes that the present call of `client` is answered later. Returns the call's number.
    pub(crate) fn begin(&self, client: TaskHandle) -> u32 {
        let number = self.last.get().wrapping_add(1);
        self.last.set(number);
        call_of(client).set(number);
        self.clients.set(self.clients.get() | bit(client.index()));
        number
    }

    /// Whether `client` still waits in the call of this number.
    fn waits(&self, client: TaskHandle, number: u32) -> bool {
        self.clients.get() & bit(client.index()) != 0 && call_of(client).get() == number
    }

    /// Notes that the call is being answered. False if it was answered before.
    pub(crate) fn end(&self, client: TaskHandle, number: u32) -> bool {
        let waits = self.waits(client, number);
        if waits {
            self.answered(client);
        }
        waits
    }

    /// Notes that the client is answered at once, whatever was begun.
    #[inline]
    pub(crate) fn answered(&self, client: TaskHandle) {
        self.clients.set(self.clients.get() & !bit(client.index()));
    }

    /// Notes that the kernel has answered all clients, because the task does not serve.
    pub(crate) fn all_answered(&self) {
        self.clients.set(0);
    }

    /// Whether anybody waits.
    #[inline]
    pub(crate) fn is_any(&self) -> bool {
        self.clients.get() != 0
    }

    /// Number of the last deferred call: it changes with each.
    #[inline]
    pub(crate) fn last(&self) -> u32 {
        self.last.get()
    }

    /// Removes the clients whose replies are not among `kept`. Returns their indexes.
    pub(crate) fn take_forgotten(&self, kept: &Kept<'_>) -> impl Iterator<Item = usize> + use<> {
        let forgotten = self.clients.get() & !kept.clients;
        self.clients.set(self.clients.get() & kept.clients);
        (0..TASKS).filter(move |task| forgotten & bit(*task) != 0)
    }
}

/// Where a driver shows the replies that it has; see [`Driver::replies`](crate::runtime::Driver::replies).
pub struct Kept<'t> {
    owed: &'t Owed,
    clients: usize,
}

impl<'t> Kept<'t> {
    /// No reply is shown yet.
    pub(crate) const fn new(owed: &'t Owed) -> Self {
        Self { owed, clients: 0 }
    }

    /// Shows the reply to the call of this number.
    pub(super) fn note(&mut self, client: TaskHandle, call: u32) {
        if self.owed.waits(client, call) {
            self.clients |= bit(client.index());
        }
    }
}

impl fmt::Debug for Kept<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Kept({:#x})", self.clients)
    }
}
