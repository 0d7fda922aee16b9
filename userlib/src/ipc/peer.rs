//! A task that this task calls, found by name. After the task was restarted, it is found again.

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
    /// Finds the task of this name.
    ///
    /// # Errors
    /// `NotFound` when the image has none.
    pub fn connect(name: &'static str) -> Result<Self, Error> {
        for index in 0..MAX_TASKS {
            let info = sys::task_info(index)?;
            if info.name == *name {
                let handle = Cell::new(info.handle);
                return Ok(Self {
                    name,
                    index,
                    handle,
                });
            }
        }
        Err(Error::NotFound)
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
            Ok(()) => match usize::from(message.tag.operation()) {
                0 => Ok(()),
                code => Err(Error::from_code(code).unwrap_or(Error::Protocol)),
            },
            Err(error) => {
                if error == Error::Dead {
                    self.reconnect();
                }
                Err(error)
            }
        }
    }

    /// Takes the handle of the peer's present life.
    #[cold]
    fn reconnect(&self) {
        if let Ok(info) = sys::task_info(self.index) {
            self.handle.set(info.handle);
        }
    }
}
