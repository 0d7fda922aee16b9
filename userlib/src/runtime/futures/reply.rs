//! The duty to answer a request that a future serves.

use super::Reactor;
use crate::ipc::Answer;
use crate::runtime::Task;
use crate::sys::{self, Error, Message, TaskHandle};

/// Answers the client of one call, once: with `Unbound` when it is dropped before.
pub(super) struct Reply {
    client: TaskHandle,
    call: u32,
    answered: bool,
}

impl Reply {
    /// The duty to answer this call.
    pub(super) const fn new(client: TaskHandle, call: u32) -> Self {
        Self {
            client,
            call,
            answered: false,
        }
    }

    /// Answers. An answer that is to come later is none: the future was to await it.
    pub(super) fn send(mut self, answer: Answer) {
        self.answer(answer);
    }

    fn answer(&mut self, answer: Answer) {
        if core::mem::replace(&mut self.answered, true) {
            return;
        }
        let message = match answer {
            Answer::Reply(message) => message,
            Answer::Later => Message::error(Error::Unbound),
        };
        let reactor = Reactor::current();
        if reactor.direct.get() == Some(self.call) {
            // The runner replies, and waits for the next call in the same system call.
            reactor.outgoing.set(Some(message));
        } else if Task::current().owed.end(self.client, self.call) {
            // `Dead`: the client no longer waits, so it does not miss the reply.
            let _ = sys::reply(self.client, &message);
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.answer(Answer::Later);
    }
}
