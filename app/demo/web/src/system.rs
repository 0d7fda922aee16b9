//! What the server asks of the system: as an observer at the supervisor, and of the crasher.

use demo_crasher::{CrasherClient, drivers};
use leasehold_abi::{Error, TaskInfo};
use userlib::supervisor::{self, Care, LeaseLine, Name, StackUse, SupervisorClient};
use userlib::{sys, time};

/// The task that crashes drivers.
const CRASHER: &str = "crasher";

/// The system, as far as this task sees it.
pub(crate) trait System {
    /// Milliseconds since boot.
    fn milliseconds(&mut self) -> u64;
    /// A task; none past the last.
    fn task(&mut self, index: usize) -> Option<TaskInfo>;
    /// How the supervisor looks after it.
    fn care(&mut self, index: usize) -> Option<Care>;
    /// How much of its stack it has used.
    fn stack(&mut self, index: usize) -> Option<StackUse>;
    /// The tasks that have a device, as a set of indexes.
    fn drivers(&mut self) -> u64;
    /// The lease in this slot.
    ///
    /// # Errors
    /// `Revoked` for a free slot; anything else past the last.
    fn lease(&mut self, slot: u32) -> Result<LeaseLine, Error>;
    /// Lines of the log from this number on: the number to go on with, and the bytes.
    ///
    /// # Errors
    /// Those of the supervisor.
    fn log(&mut self, cursor: u64, into: &mut [u8]) -> Result<[u64; 2], Error>;
    /// Whether the manifest lets this task call the crasher.
    fn may_crash(&mut self) -> bool;
    /// Crashes a driver.
    ///
    /// # Errors
    /// `Denied` without such a right, and those of the crasher.
    fn crash(&mut self, task: &str) -> Result<(), Error>;
}

/// The one that runs.
#[derive(Debug)]
pub(crate) struct Live(SupervisorClient);

impl Live {
    /// What this task's manifest lets it see.
    ///
    /// # Errors
    /// Those of the kernel.
    pub(crate) fn new() -> Result<Self, Error> {
        supervisor::connect().map(Self)
    }
}

impl System for Live {
    fn milliseconds(&mut self) -> u64 {
        time::milliseconds()
    }

    fn task(&mut self, index: usize) -> Option<TaskInfo> {
        sys::task_info(index).ok()
    }

    fn care(&mut self, index: usize) -> Option<Care> {
        self.0.care(index as u32).ok()
    }

    fn stack(&mut self, index: usize) -> Option<StackUse> {
        self.0.stack(index as u32).ok()
    }

    fn drivers(&mut self) -> u64 {
        drivers(&mut self.0)
    }

    fn lease(&mut self, slot: u32) -> Result<LeaseLine, Error> {
        self.0.lease(slot)
    }

    fn log(&mut self, cursor: u64, into: &mut [u8]) -> Result<[u64; 2], Error> {
        self.0.read_log(cursor, into)
    }

    fn may_crash(&mut self) -> bool {
        CrasherClient::connect(CRASHER).is_ok()
    }

    fn crash(&mut self, task: &str) -> Result<(), Error> {
        CrasherClient::connect(CRASHER)?.crash(Name::new(task))
    }
}
