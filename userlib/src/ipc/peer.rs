//! A task that this task calls, found by name. After the task was restarted, it is found again.

use crate::manifest::peers;
use crate::sys::{self, Error, Loan, MAX_TASKS, Message, TaskHandle};
use core::cell::Cell;

/// The client's end: a name and the handle of the task's present life.
#[derive(Clone, Debug)]
pub struct Peer {
    name: &'static str,
    index: usize,
    handle: Cell<TaskHandle>,
}

impl Peer {
    /// Finds the task of this name among those in `calls`, `notifies` and `lends` of this task's manifest. That takes
    /// one system call, however many tasks there are.
    ///
    /// # Errors
    /// `Denied` when the manifest does not list it for this task, `NotFound` when the image has no such task.
    pub fn connect(name: &'static str) -> Result<Self, Error> {
        let label = sys::label(name);
        let listed = peers().iter().filter(|peer| peer.label == label);
        match Self::find(name, listed.map(|peer| peer.index as usize)) {
            Err(Error::NotFound) => Self::not_listed(name),
            found => found,
        }
    }

    /// The task of this name, if it is one of these.
    fn find(name: &'static str, indices: impl Iterator<Item = usize>) -> Result<Self, Error> {
        for index in indices {
            let info = sys::task_info(index)?;
            // Two names may have one label.
            if info.name == *name {
                return Ok(Self::new(name, info.handle));
            }
        }
        Err(Error::NotFound)
    }

    /// Why there is no peer of this name. A program on the host has no manifest, so it finds any task.
    #[cold]
    fn not_listed(name: &'static str) -> Result<Self, Error> {
        let found = Self::find(name, 0..MAX_TASKS)?;
        if cfg!(not(target_os = "none")) && peers().is_empty() {
            return Ok(found);
        }
        Err(Error::Denied)
    }

    /// The peer of this handle, in its present life.
    pub const fn new(name: &'static str, handle: TaskHandle) -> Self {
        Self {
            name,
            index: handle.index(),
            handle: Cell::new(handle),
        }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its handle, as of the last call.
    pub fn handle(&self) -> TaskHandle {
        self.handle.get()
    }

    /// Sends `message`, lends `loans`, waits for the reply.
    ///
    /// # Errors
    /// `Dead`: that life of the peer is over. Whether it did what was asked is unknown. The next call goes to its
    /// present life. `Unbound`, `Denied`, and the peer's own errors.
    #[inline]
    pub fn call(&self, loans: &mut [Loan<'_>], message: &mut Message) -> Result<(), Error> {
        match sys::call(self.handle.get(), loans, message) {
            Ok(()) => Error::of_reply(message.tag.operation()),
            Err(error) => {
                if error == Error::Dead {
                    self.reconnect();
                }
                Err(error)
            }
        }
    }

    /// Takes the handle of the peer's present life. A life that is over keeps its handle until the next one begins:
    /// then it takes that of the next.
    #[cold]
    fn reconnect(&self) {
        if let Ok(info) = sys::task_info(self.index) {
            let (index, generation) = (info.handle.index(), info.handle.generation());
            self.handle.set(if info.has_ended() {
                TaskHandle::new(index, generation.wrapping_add(1))
            } else {
                info.handle
            });
        }
    }
}
