//! What the kernel asks of a machine.
//!
//! A board implements [`Hardware`] from one protection module and one chip; the tests
//! implement it as a model. Nothing here is called with an argument that a task chose
//! unless the kernel has checked it first.

use crate::lease::links::NIL;
use crate::{Region, TaskConfig};
use leasehold_abi::{Error, FaultKind, GrantKind, MESSAGE_WORDS, Rights};

/// Why and where a task was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The kind, as the hardware saw it. The kernel refines it (guard, revoked window).
    pub kind: FaultKind,
    /// The address that was refused; the instruction's for [`FaultKind::Illegal`].
    pub address: usize,
    /// Program counter.
    pub pc: usize,
    /// Stack pointer.
    pub stack: usize,
}

/// No deadline: the clock does not come that far.
pub const NEVER: u64 = u64::MAX;

/// A window that is mapped into a task beside its own memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First address, a multiple of the granule.
    pub base: usize,
    /// Length in bytes; it may end where the address space does.
    pub length: usize,
    /// `Mmio` and `Config` are device memory, `Memory` is ordinary.
    pub kind: GrantKind,
    /// `READ`, or `READ | WRITE`.
    pub rights: Rights,
}

/// The registers of a task that is not running.
///
/// The kernel keeps one in each task and writes only what a system call answers; the entry
/// code saves and restores the rest.
pub trait Context {
    /// A context that has never run.
    const EMPTY: Self;

    /// Make it start at `entry` with `stack` and every other register zero.
    fn start(&mut self, entry: usize, stack: usize);
    /// Program counter and stack pointer.
    fn place(&self) -> (usize, usize);
    /// The call's answer: the three result registers.
    fn set_results(&mut self, results: [usize; 3]);
    /// The message words and the tag that the task sent, as saved when it blocked.
    fn message(&self) -> ([usize; MESSAGE_WORDS], usize);
    /// Deliver a message: words and tag.
    fn set_message(&mut self, words: [usize; MESSAGE_WORDS], tag: usize);
    /// Move the program counter forward (out of a checked access) and answer
    /// there with 1 in the second result register.
    fn skip(&mut self, bytes: usize);
}

/// Where the interrupt lines of a machine go: for each line the grant that is claimed, or all bits set, or the list of
/// claims of a shared line (`lease::shared::SHARED`).
pub trait Routes: AsRef<[u16]> + AsMut<[u16]> {
    /// None is claimed.
    const NONE: Self;
}

impl<const LINES: usize> Routes for [u16; LINES] {
    const NONE: Self = [NIL; LINES];
}

/// The machine, as the kernel sees it.
pub trait Hardware {
    /// Saved registers of a task.
    type Context: Context;
    /// A place for each interrupt line.
    type Routes: Routes;

    /// The unit of protection in bytes: what is lent is a multiple of it, on a multiple of it.
    const GRANULE: usize;
    /// Bytes below each task's data, where its stack ends, that no task can touch: at least so many.
    const GUARD: usize;
    /// How far past a faulting checked access its fix-up lies, in bytes.
    const CHECKED_STRIDE: usize;
    /// The low bits of a window's address, by which a task sees it: a power of two, less one.
    const WINDOW_MASK: usize;
    /// Whether tasks may have PCI functions on lease. If not, the code for them is left out.
    const PCI: bool;

    /// Ticks since boot.
    fn now(&self) -> u64;
    /// Interrupt at this time, or [never](NEVER). Replaces the one before.
    fn set_alarm(&mut self, at: u64);
    /// Whether any interrupt (line or alarm) waits to be taken.
    fn interrupt_pending(&self) -> bool;

    /// Take the most urgent pending line from the controller and leave it masked.
    fn take_line(&mut self) -> Option<u32>;
    /// Let a line interrupt again.
    fn unmask_line(&mut self, line: u32);
    /// Keep a line from interrupting, and forget one that is pending unserved.
    fn mask_line(&mut self, line: u32);

    /// Map a task's own regions; called once a task, at boot.
    ///
    /// # Errors
    /// [`Error::Exhausted`] when the hardware has no room for them.
    fn map_own(&mut self, task: usize, regions: &[Region]) -> Result<(), Error>;
    /// Map a window for a task. It overlaps nothing that is mapped for it. One bounded step:
    /// `progress` begins at 0 and is the hardware's. True when all is mapped; then `progress` is what
    /// [`unmap`](Self::unmap) is to begin with. After an error, or when the lease ends on the way, the kernel unmaps
    /// the whole window; what was not mapped of it is passed over.
    ///
    /// # Errors
    /// [`Error::Exhausted`] when the hardware has no room for it.
    fn map_step(
        &mut self,
        task: usize,
        window: Window,
        progress: &mut usize,
    ) -> Result<bool, Error>;
    /// Take a window, by its base and length, away from a task. One bounded step: `progress` begins with what the last
    /// step of mapping left, or with 0 when there was no last one, and is the hardware's. The window is gone, and no
    /// translation of it is cached, when this is true. Not for a window that is
    /// [unmapped at once](Self::unmap_at_once).
    fn unmap(&mut self, task: usize, window: (usize, usize), progress: &mut usize) -> bool;
    /// Whether a window is unmapped by [`unmap_at_once`](Self::unmap_at_once): by the `progress` that the last step of
    /// mapping left, or by that of [`unmap`](Self::unmap). Such a window is unmapped within the call that revokes its
    /// lease, if that is all that the lease has. What takes longer is left to the reaper, which looks for interrupts
    /// before.
    fn unmapped_at_once(progress: usize) -> bool;
    /// Take a window, by its base and length, away from a task in one short step, with the `progress` that the last
    /// step of mapping left. The window is gone then, and no translation of it is cached.
    fn unmap_at_once(&mut self, task: usize, window: (usize, usize), progress: usize);
    /// Where a task sees a window that starts at `base`.
    #[inline(always)]
    fn window_address(base: usize) -> usize {
        base & Self::WINDOW_MASK
    }
    /// The kind of a task's fault at this address, where the processor does not tell an access that was refused
    /// from a device's error.
    fn fault_kind(&self, task: usize, kind: FaultKind, address: usize) -> FaultKind;

    /// Turn bus mastering of the PCI function with this configuration space on or off, and
    /// wait until the function has seen it.
    fn set_bus_master(&mut self, configuration: usize, on: bool);
    /// Write `width` (1, 2 or 4) bytes of configuration space.
    fn write_configuration(&mut self, address: usize, width: usize, value: u32);
    /// Read 4 aligned bytes of configuration space.
    fn read_configuration(&self, address: usize) -> u32;

    /// Copy between the memories of two tasks; at most [`COPY_STEP`](leasehold_abi::COPY_STEP) bytes.
    fn copy(&mut self, from: usize, to: usize, length: usize);
    /// Read a word of a task's memory, at a multiple of its size.
    fn load(&self, from: usize) -> usize;
    /// Read bytes of a task's memory.
    fn read(&self, from: usize, into: &mut [u8]);
    /// Write bytes of a task's memory.
    fn write(&mut self, to: usize, bytes: &[u8]);
    /// Make a dormant task's data as it was at boot, or a bit of it: no interrupt waits for long. `done` counts bytes
    /// from 0, up to the length of the data, and is moved on.
    fn fresh(&mut self, task: &TaskConfig, done: &mut usize);

    /// Write to the early console.
    fn print(&mut self, bytes: &[u8]);
    /// Turn the machine off, or reset it.
    fn off(&mut self, code: u32, reset: bool) -> !;
    /// The supervisor is dead: say on the early console of what, and its panic message, and turn the machine off.
    fn supervisor_ended(&mut self, fault: &Fault, message: &[u8]) -> !;
}
