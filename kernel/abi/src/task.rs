//! The kernel's records about a task.

use crate::{NAME_LENGTH, Optional, PANIC_LENGTH, Padded, TaskHandle};
use zerocopy::{FromZeros, Immutable, IntoBytes, KnownLayout};

/// What a task is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromZeros, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum TaskState {
    /// Not started, or stopped with all its leases gone: it may be started.
    Dormant = 0,
    /// Running or ready to run.
    Ready = 1,
    /// Waiting for a message or a notification.
    Receiving = 2,
    /// Waiting for another task to receive its call.
    Calling = 3,
    /// Waiting for another task to reply.
    AwaitingReply = 4,
    /// Stopped by a fault; leases are ending.
    Faulted = 5,
    /// Stopped by the supervisor; leases are ending.
    Stopping = 6,
}

impl TaskState {
    /// A word or two for a person.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Dormant => "dormant",
            Self::Ready => "ready",
            Self::Receiving => "waiting",
            Self::Calling => "calling",
            Self::AwaitingReply => "in a call",
            Self::Faulted => "faulted",
            Self::Stopping => "stopping",
        }
    }
}

/// Why a task was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromZeros, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum FaultKind {
    /// It has not faulted in this life.
    None = 0,
    /// A load from an address it may not read.
    Read = 1,
    /// A store to an address it may not write.
    Write = 2,
    /// A jump to an address it may not execute.
    Execute = 3,
    /// An unaligned access where the hardware requires alignment.
    Misaligned = 4,
    /// An instruction that does not exist or is privileged.
    Illegal = 5,
    /// A breakpoint instruction.
    Breakpoint = 6,
    /// An access to the guard below the stack.
    StackOverflow = 7,
    /// It did not release a revoked lease in time.
    LeaseOverstayed = 8,
    /// It panicked; the message is kept.
    Panic = 9,
    /// The bus refused an access to a window that the task does hold.
    Bus = 10,
    /// An access to a window whose lease is gone.
    RevokedWindow = 11,
    /// The supervisor stopped it.
    Stopped = 12,
}

impl FaultKind {
    /// A few words for a person.
    pub const fn text(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read fault",
            Self::Write => "write fault",
            Self::Execute => "execute fault",
            Self::Misaligned => "misaligned access",
            Self::Illegal => "illegal instruction",
            Self::Breakpoint => "breakpoint",
            Self::StackOverflow => "stack overflow",
            Self::LeaseOverstayed => "lease overstayed",
            Self::Panic => "panic",
            Self::Bus => "bus error",
            Self::RevokedWindow => "access to a revoked window",
            Self::Stopped => "stopped",
        }
    }
}

/// What [`Call::TaskInfo`](crate::Call::TaskInfo) writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromZeros, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct TaskInfo {
    /// Its present life.
    pub handle: TaskHandle,
    /// What it is doing.
    pub state: TaskState,
    /// Why it was stopped last, kept over the restart.
    pub fault: FaultKind,
    /// Index in the schedule; 0 runs first.
    pub index: u8,
    /// Length of the panic message below, in bytes.
    pub message_length: u8,
    /// The task that this one is blocked on (Calling, AwaitingReply), if it is.
    pub peer: Optional<u32>,
    /// How many times it was started.
    pub starts: u32,
    /// How many leases it holds.
    pub leases_held: u16,
    /// How many of the leases it lent are not over.
    pub leases_lent: u16,
    /// Zero.
    pub reserved: u32,
    /// Address of the fault.
    pub fault_address: u64,
    /// Program counter at the fault.
    pub fault_pc: u64,
    /// Stack pointer at the fault.
    pub fault_stack: u64,
    /// Name.
    pub name: Padded<NAME_LENGTH>,
    /// The panic message, or its start.
    pub message: Padded<PANIC_LENGTH>,
}

impl TaskInfo {
    /// Whether its life is over: it is stopped, and at most its leases are still ending.
    pub const fn has_ended(&self) -> bool {
        matches!(
            self.state,
            TaskState::Dormant | TaskState::Faulted | TaskState::Stopping
        )
    }
}
