//! The interface `Supervisor`: what the supervisor does for other tasks.
//!
//! The supervisor has the highest priority. So every task can call it, and it calls no task.

use crate::Error;
use crate::ipc::{Peer, interface};
use crate::sys;
pub use leasehold_abi::{ClassCode, FunctionId, InterruptPin};
use leasehold_abi::{LeaseHandle, NAME_LENGTH, Notifications, Padded};

mod records;

pub use records::{
    BarInfo, Care, DEVICE_NAME, DeviceInfo, DeviceKind, DeviceName, DeviceState, FaultText,
    FunctionAddress, FunctionInfo, GrantLine, LeaseLine, Lessee, StackUse,
};

/// The supervisor's task name.
pub const NAME: &str = "supervisor";

/// A client of the supervisor, which has the index 0 in every image. So the code that looks for a name is only in tasks
/// that have other peers.
///
/// # Errors
/// Those of `TaskInfo`. A task whose manifest does not let it call the supervisor gets `Denied` at its first call.
pub fn connect() -> Result<SupervisorClient, Error> {
    let supervisor = sys::task_info(0)?;
    Ok(SupervisorClient::of(Peer::new(NAME, supervisor.handle)))
}

/// The notification that tells a parent that one of its auxiliary devices was let go: the lease of whoever had it is
/// over, and another may have begun.
pub const LET_GO: Notifications = Notifications::peer(14);

/// The notification that tells a task that the supervisor works: after each turn of its loop, and as often as the
/// manifest says in the task's `heartbeat-ms`.
pub const HEARTBEAT: Notifications = Notifications::peer(13);

/// A name of a task as an argument; longer ones are cut.
pub type Name = Padded<NAME_LENGTH>;

/// The calls of the supervisor. Every task may log and read the log, and the driver of the host bridge reports what it
/// discovers. `lease`, `grant`, `device` and `stack` are for tasks with `observer` or `operator` in the manifest, all
/// orders for those with `operator`; other tasks get `Denied`.
#[interface]
pub trait Supervisor {
    /// Adds a line to the log, under the caller's name.
    fn log(&mut self, line: &[u8]) -> Result<(), Error>;
    /// Copies log lines from number `cursor` on, each with its time and a line end, as many as fit. Returns the number
    /// to continue with and the bytes copied. If the cursor is too old, the copy starts at the oldest line that is
    /// kept.
    fn read_log(&mut self, cursor: u64, into: &mut [u8]) -> Result<[u64; 2], Error>;
    /// From now on the caller shows the log: each new line posts `wanted`, of [`Notifications::PEERS`], to it. Returns
    /// the number of the next line.
    fn watch_log(&mut self, wanted: Notifications) -> Result<u64, Error>;
    /// The driver of the host bridge asks for the line of the first of the four interrupt pins.
    fn first_interrupt_line(&mut self) -> Result<u32, Error>;
    /// The driver of the host bridge found a function; its `bars` are ignored. The supervisor sizes and places its
    /// windows. A function that it knows already stays where it is. `NoDevice`: there is no function, or another one;
    /// `Exhausted`, `Protocol`: its windows cannot be placed, and the function stays off.
    fn report_function(&mut self, function: &FunctionInfo) -> Result<(), Error>;
    /// Stops the task and starts it again, also from quarantine.
    fn restart(&mut self, task: Name) -> Result<(), Error>;
    /// Makes the task panic. Stops it if it does not react.
    fn crash(&mut self, task: Name) -> Result<(), Error>;
    /// Lets a device be bound again after `unbind`, or after its driver refused it.
    fn bind(&mut self, device: DeviceName) -> Result<(), Error>;
    /// Takes a device from its driver in an orderly manner, until `bind`.
    fn unbind(&mut self, device: DeviceName) -> Result<(), Error>;
    /// The lease in this slot of the kernel's table. `Revoked` for a free slot, `NotFound` past the last.
    fn lease(&mut self, slot: u32) -> Result<LeaseLine, Error>;
    /// Grant `index` of a lease.
    fn grant(&mut self, lease: LeaseHandle, index: u32) -> Result<GrantLine, Error>;
    /// The `index`-th device; `NotFound` past the last.
    fn device(&mut self, index: u32) -> Result<DeviceInfo, Error>;
    /// How the supervisor looks after a task.
    fn care(&mut self, task: u32) -> Result<Care, Error>;
    /// How much of its stack a task has used.
    fn stack(&mut self, task: u32) -> Result<StackUse, Error>;
    /// Turns the machine off with this exit code.
    fn poweroff(&mut self, code: u32) -> Result<(), Error>;
    /// The caller's driver gives a device back because grant `index` of its lease is in use: the log says by whom.
    fn report_busy(&mut self, lease: LeaseHandle, index: u32) -> Result<(), Error>;
    /// Whether the manifest has the caller offer an auxiliary device with this [`label`](leasehold_abi::label), of
    /// `<task>.<name>`. A driver that could register many registers those.
    fn is_offered(&mut self, label: u32) -> Result<u32, Error>;
    /// Who has an auxiliary device that the caller registered by this lease. `Unbound` while nobody has; `Denied` for
    /// a lease that is no such. When that lease ends, the caller gets [`LET_GO`].
    fn lessee(&mut self, lease: LeaseHandle) -> Result<Lessee, Error>;
    /// The driver of the host bridge found a bridge to another bus; its `bars` are ignored. The supervisor gives the
    /// bus behind it a number and a window of memory, and returns the number. A bridge that it knows already stays as
    /// it is. Bridges are reported depth first: `Busy` for one above which another bus began meanwhile, `Exhausted`
    /// when there is no number or no window left, `NoDevice` when there is no bridge, or another one.
    fn report_bridge(&mut self, bridge: &FunctionInfo) -> Result<u32, Error>;
}
