//! The duty to answer a request that a future serves.

use super::Reactor;
use crate::ipc::Answer;
use crate::runtime::Task;
use crate::sys::{self, Error, Message, TaskHandle};

/// Answers the client of one call, once: with `Unbound` when it is dropped before.
pub(super) struct Reply {
    client: TaskHandle,
    call: u32,
}

impl Reply {
    /// The duty to answer the present call of a client.
    pub(super) fn new(client: TaskHandle) -> Self {
        let call = Task::current().owed.begin(client);
        Self { client, call }
    }

    /// Who calls.
    pub(super) const fn client(&self) -> TaskHandle {
        self.client
    }

    /// Number of the call.
    pub(super) const fn call(&self) -> u32 {
        self.call
    }

    /// Answers. An answer that is to come later is none: the future was to await it.
    pub(super) fn send(self, answer: Answer) {
        if let Answer::Reply(message) = answer {
            self.answer(message);
        }
    }

    fn answer(&self, message: Message) {
        // One that was answered is owed nothing.
        if Task::current().owed.end(self.client, self.call)
            && let Some(message) = Reactor::current().reply(self.client, self.call, message)
        {
            // `Dead`: the client no longer waits, so it does not miss the reply.
            let _ = sys::reply(self.client, &message);
        }
    }
}

impl Drop for Reply {
    // Once a task, not at each place where a reply may be dropped.
    #[inline(never)]
    fn drop(&mut self) {
        self.answer(Message::error(Error::Unbound));
    }
}
