//! Limits that tasks, kernel and build agree on.

/// Most tasks an image may have: a set of tasks is one `u64`.
pub const MAX_TASKS: usize = 64;
/// Lease slots that a handle's index can name ([`LeaseHandle`](crate::LeaseHandle)).
pub const MAX_LEASES: u32 = 1 << crate::LeaseHandle::INDEX_BITS;
/// Devices that one driver may have bound at once.
pub const MAX_BINDINGS: usize = 4;

/// Words of a message that travel in registers (a word is a register wide).
pub const MESSAGE_WORDS: usize = 8;

/// Most buffers that a caller may lend along with one message.
pub const MAX_BORROWS: usize = 4;

/// Most peers that one [`Call::Receive`](crate::Call::Receive) notifies, so that no interrupt is held off for long.
pub const MOST_PEERS: usize = 4;

/// Most bytes that one [`Call::BorrowRead`](crate::Call::BorrowRead) or
/// [`Call::BorrowWrite`](crate::Call::BorrowWrite) copies, so that interrupts are never held
/// off for long. The caller loops.
pub const COPY_STEP: usize = 1024;

/// As [`COPY_STEP`], if not both addresses are multiples of 8: such a copy takes several times as long.
pub const UNALIGNED_STEP: usize = 128;

/// Most bytes that one [`Call::DebugWrite`](crate::Call::DebugWrite) prints. The caller loops.
pub const DEBUG_STEP: usize = 16;

/// Most bytes of a stack that one [`Call::StackUse`](crate::Call::StackUse) looks at. The caller loops.
pub const STACK_STEP: usize = 512;

/// Longest message of a panic that is kept, in bytes ([`Call::Panic`](crate::Call::Panic)); the rest is cut.
pub const PANIC_LENGTH: usize = 80;

/// Longest name of a task, in bytes of ASCII.
pub const NAME_LENGTH: usize = 16;

/// Stands for "my own lend arena or pool" where a source lease handle is expected
/// ([`LentPart::source`](crate::LentPart)). No lease ever has this handle.
pub const SELF_MEMORY: u32 = u32::MAX;

/// How many ends of a task the supervisor remembers, and so the largest `restart.limit` of a manifest.
pub const MOST_ENDS: usize = 16;

/// Most parts of one lease that is not the root ([`Call::LeaseLend`](crate::Call::LeaseLend)).
pub const MOST_PARTS: usize = 32;

/// Stands for the rest of a source grant as a length ([`LentPart::length`](crate::LentPart)). The part ends where
/// its source ends.
pub const WHOLE: usize = usize::MAX;
