//! The system calls.
//!
//! # Registers on RISC-V
//! `a7` holds the call's number, `a0`–`a5` its arguments, `s2`–`s9` the eight message words and
//! `s10` the [`Tag`](crate::Tag). The kernel answers in `a0` (0, or an [`Error`](crate::Error),
//! unless said otherwise) and `a1`. Calls marked *message* also define `s2`–`s10`. All other
//! caller-saved registers are zero afterwards. `s0`, `s1` and `sp` are kept. Calls that are not
//! marked keep `s2`–`s11` and `ra` too; those that are marked leave zero in `s11` and `ra`, or a
//! value that the task once had there; so do those that receive, in `s2`–`s10`, when no message comes.
//! `gp` and `tp` are the kernel's: every call and every interrupt makes them zero, so no task can use
//! them. (Compilers use them for threads, and for data near `gp` where the linker is asked for that;
//! tasks have neither.)
//!
//! # Registers on Arm
//! `svc 0`. `r12` holds the call's number, `r0`–`r3` its first four arguments, `r4` and `r5` the
//! others. A *message* call has at most three arguments, `r3` is the [`Tag`](crate::Tag) and
//! `r4`–`r11` are the eight message words. The kernel answers in `r0`–`r2`. Calls marked
//! *message* that receive also define `r3`–`r11`; after all others `r3` is zero. `r12` is zero
//! after every call. `sp`, `lr`, the flags, and `r4`–`r11` by calls that are not marked, are kept.
//!
//! # Both
//! Results are the status, then what the call says after it, in the order of the registers.
//! 64-bit quantities take one register on 64-bit machines and two (low, high) on 32-bit ones.

/// A system call's number. Handles are raw `u32`s; addresses and lengths are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Call {
    /// The caller's own [`TaskHandle`](crate::TaskHandle): `() -> (0, handle)`.
    TaskSelf = 0,
    /// *Message.* Send and wait for the reply: `(destination, borrows address, borrows count)
    /// -> (status)`. `Dead`, `Unbound`, `Denied`, `Invalid`. The destination is a task handle.
    /// With `Dead` the second result is the handle of the peer's present or next life (0 when it
    /// has none left), the third 1 when that life had begun.
    Call = 1,
    /// *Message.* Wait: `(notification mask, BeforeWait, set of peers) -> (status, client, notifications)`.
    /// `client` is the caller's task handle, or [`u32::MAX`] when `notifications` (pending bits
    /// in the mask, cleared by this) came instead. A task that does not answer calls
    /// ([`Call::SetServing`]) gets notifications only.
    ///
    /// Before that, a line of the caller may come again, and peers are notified, as [`BeforeWait`](crate::BeforeWait)
    /// says. It is no error if the line is not the caller's (any more), or if a peer is not alive. `Denied` (not a peer
    /// of the manifest) and `Invalid` (other bits than peers post, or more than [`MOST_PEERS`](crate::MOST_PEERS)):
    /// nothing was done.
    Receive = 2,
    /// *Message.* [`Call::Reply`] and [`Call::Receive`] in one: `(client, notification mask) -> ` as `Receive`. If the
    /// client is gone, this is no error.
    ReplyReceive = 3,
    /// *Message (sent only).* Reply and continue: `(client) -> (status)`. `Dead` when the client no longer waits.
    Reply = 4,
    /// Post notification bits: `(task handle, bits) -> (status)`. Only [`PEERS`](crate::Notifications::PEERS)
    /// (the supervisor: [`CRASH`](crate::Notifications::CRASH) too), only to peers of the manifest. Several peers are
    /// notified by a [`Call::Receive`].
    Notify = 5,
    /// Set the caller's timer: `(deadline in ticks, notification bits)`; no bits disarm it.
    /// One timer a task; a deadline in the past fires at once.
    SetTimer = 6,
    /// The time: `() -> (0, ticks)`. Ticks since boot, at the chip's rate.
    Time = 7,
    /// Copy from a buffer that a client lent: `(client, index, offset, destination, length) -> (status, bytes copied)`.
    /// At most [`COPY_STEP`](crate::COPY_STEP) bytes at once, or [`UNALIGNED_STEP`](crate::UNALIGNED_STEP);
    /// 0 bytes at the end of the buffer.
    BorrowRead = 8,
    /// Copy into a buffer that a client lent: `(client, index, offset, source, length) -> (status, bytes copied)`.
    BorrowWrite = 9,
    /// About a buffer that a client lent: `(client, index) -> (status, length, rights)`.
    BorrowInfo = 10,
    /// Lend: `(address of a Lending, address of the first Part, count of parts) -> (status, handle)`. The caller must
    /// hold [`Lending::parent`](crate::Lending) and may lend to that task. The lessee is that task in its present
    /// life, and is told when the lease is in force. Both addresses are multiples of a word. At most
    /// [`MOST_PARTS`](crate::MOST_PARTS) parts. After an error nothing is lent.
    LeaseLend = 11,
    /// End a lease and all that is derived from it: `(lease, mode)`. Returns once the lease is marked.
    /// [`Notifications::LEASE`](crate::Notifications::LEASE) tells when it is over; then the handle gets `Revoked`.
    LeaseRevoke = 12,
    /// Give a lease back: `(lease)`. Also ends what the caller derived from it.
    LeaseRelease = 13,
    /// Next lease event of the caller: `() -> (status, event, handle)`; `NotFound` when there is none.
    LeaseEvent = 14,
    /// About a lease that the caller holds or lent: `(lease, address of a LeaseInfo)`. `Revoked` once it is over.
    LeaseInfo = 15,
    /// About a grant: `(lease, index, address of a GrantInfo)`. Caller must hold or have lent the lease.
    GrantInfo = 16,
    /// Start using a grant: `(lease, index, mode, bits) -> (status, base address)`. Maps a window, routes an
    /// interrupt to notification `bits`, or turns bus mastering on. The mode counts for windows. `Busy`, `Revoked`.
    GrantClaim = 17,
    /// Stop using a grant: `(lease, index)`.
    GrantUnclaim = 18,
    /// Let a claimed interrupt come again: `(lease, index)`.
    InterruptAcknowledge = 19,
    /// Write PCI configuration space: `(lease, index, offset, width in bytes, value)`, through the root lease, or,
    /// behind a function's header, through a grant with the right to write and not that to read (`Denied` otherwise):
    /// no other holder of a lease may decide where a function's registers decode. The bus-master bit of the command
    /// register keeps the kernel's value, but for a bridge's.
    ConfigWrite = 20,
    /// What becomes of the caller's callers: `(`[`Serving`](crate::Serving)`)`. A task starts with
    /// [`Serving::Answers`](crate::Serving::Answers).
    SetServing = 21,
    /// End with a panic: `(message address, length)`. Does not return.
    Panic = 22,
    /// Supervisor: stop a task: `(task index)`. Its leases end;
    /// [`Notifications::TASK`](crate::Notifications::TASK) says when it is dormant.
    TaskStop = 23,
    /// Supervisor: make a dormant task's memory fresh and start it: `(task index) -> (status, new handle)`. `Busy`
    /// unless dormant.
    TaskStart = 24,
    /// About a task: `(task index, address of a TaskInfo)`. `NotFound` past the last. Any task may ask.
    TaskInfo = 25,
    /// Supervisor: about the lease in a slot: `(slot, address of a LeaseInfo)`. `NotFound` past the last, `Revoked` for
    /// a free slot.
    LeaseAt = 26,
    /// Supervisor: about a grant of any lease: `(lease, index, address of a GrantInfo)`.
    GrantAt = 27,
    /// Read 4 bytes of PCI configuration space, at a multiple of 4: `(lease, index, offset) -> (status, value)`.
    ConfigRead = 28,
    /// Supervisor: turn the machine off or reset it: `(exit code, 0 off | 1 reset)`. Does not return.
    SystemOff = 29,
    /// Supervisor: write to the kernel's early console: `(address, length)`. The first
    /// [`DEBUG_STEP`](crate::DEBUG_STEP) bytes are printed.
    DebugWrite = 30,
    /// Supervisor: how much of a task's stack was ever written: `(task index, offset) -> (status, size, found)`, in
    /// bytes. The kernel looks for a word that is not zero, beginning `offset` above the stack's low end, in at most
    /// [`STACK_STEP`](crate::STACK_STEP) bytes. `found` is the offset at which it stopped. If that is `offset` itself,
    /// there is such a word; if it is `size`, the stack ends there. `NotFound` past the last task.
    StackUse = 31,
}

impl Call {
    /// The call with this number.
    pub const fn from_number(number: usize) -> Option<Self> {
        Some(match number {
            0 => Self::TaskSelf,
            1 => Self::Call,
            2 => Self::Receive,
            3 => Self::ReplyReceive,
            4 => Self::Reply,
            5 => Self::Notify,
            6 => Self::SetTimer,
            7 => Self::Time,
            8 => Self::BorrowRead,
            9 => Self::BorrowWrite,
            10 => Self::BorrowInfo,
            11 => Self::LeaseLend,
            12 => Self::LeaseRevoke,
            13 => Self::LeaseRelease,
            14 => Self::LeaseEvent,
            15 => Self::LeaseInfo,
            16 => Self::GrantInfo,
            17 => Self::GrantClaim,
            18 => Self::GrantUnclaim,
            19 => Self::InterruptAcknowledge,
            20 => Self::ConfigWrite,
            21 => Self::SetServing,
            22 => Self::Panic,
            23 => Self::TaskStop,
            24 => Self::TaskStart,
            25 => Self::TaskInfo,
            26 => Self::LeaseAt,
            27 => Self::GrantAt,
            28 => Self::ConfigRead,
            29 => Self::SystemOff,
            30 => Self::DebugWrite,
            31 => Self::StackUse,
            _ => return None,
        })
    }
}
