//! Looking after one task: what its end leads to.

use crate::restart::History;
use leasehold_abi::TaskHandle;
use userlib::supervisor::Care;

/// How it stands with a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not started yet: it has devices to bind and none is there.
    Idle,
    /// It runs, in this life.
    Running(TaskHandle),
    /// It ends. Once it is dormant, the supervisor decides what follows.
    Ending {
        /// A person wants it started again: that does not count as a crash.
        restart: bool,
    },
    /// To be started at this time, in milliseconds since boot.
    Waiting(u64),
    /// It crashed too often.
    Quarantined,
    /// It stays as it is.
    Left,
}

/// One task.
#[derive(Debug)]
pub struct Cared {
    /// How it stands with it.
    pub standing: Standing,
    /// Its recent crashes.
    pub history: History,
    /// It was asked to crash. If it still runs at this time (milliseconds since boot), it is stopped.
    pub stop_at: Option<u64>,
}

impl Cared {
    /// A task that has not been started.
    pub const fn new() -> Self {
        Self {
            standing: Standing::Idle,
            history: History::new(),
            stop_at: None,
        }
    }

    /// What the shell is told.
    pub const fn care(&self) -> Care {
        match self.standing {
            Standing::Idle => Care::Idle,
            Standing::Running(_) => Care::Running,
            Standing::Ending { .. } | Standing::Waiting(_) => Care::Waiting,
            Standing::Quarantined => Care::Quarantined,
            Standing::Left => Care::Left,
        }
    }

    /// The next time at which something is to be done for it.
    pub fn deadline(&self) -> Option<u64> {
        match self.standing {
            Standing::Waiting(at) => Some(at),
            _ => self.stop_at,
        }
    }
}

impl Default for Cared {
    fn default() -> Self {
        Self::new()
    }
}
