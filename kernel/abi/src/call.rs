//! The system calls, and the arguments of each.
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
//! Arguments take the registers in the order of the fields in the call's structure of [`arguments`]. Each is a
//! register's value as the caller gave it: a raw handle, bits, a mode's number. 64-bit quantities take one register on
//! 64-bit machines and two (low, high) on 32-bit ones. Results are the status, then what the call says after it, in the
//! order of the registers.

/// Makes the structure of a call's arguments, each of which is a register. `(own)` stands for a structure that is
/// written by hand.
macro_rules! structure {
    ($call:ident { $( $(#[$about:meta])* $field:ident, )* }) => {
        #[doc = concat!("The arguments of [`Call::", stringify!($call), "`](super::Call::", stringify!($call), ").")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $call {
            $( $(#[$about])* pub $field: usize, )*
        }

        impl Arguments for $call {
            const CALL: super::Call = super::Call::$call;

            const REGISTERS: usize = {
                let names: &[&str] = &[$( stringify!($field) ),*];
                names.len()
            };

            #[inline(always)]
            fn from_registers(registers: Registers) -> Self {
                let [$( $field, )* ..] = registers;
                Self { $( $field, )* }
            }

            #[inline(always)]
            #[allow(unused_mut, unused_variables, unused_assignments, reason = "one form for any number of fields")]
            fn registers(self) -> Registers {
                let mut registers = [0; 6];
                let mut at = 0;
                $(
                    registers[at] = self.$field;
                    at += 1;
                )*
                registers
            }
        }
    };
    ($call:ident (own)) => {
        pub use crate::timer::$call;
    };
}

/// Makes the calls, with their numbers, and the structures of their arguments, from one table.
macro_rules! calls {
    ($( $(#[$about:meta])* $call:ident = $number:literal $arguments:tt )*) => {
        /// A system call's number. Addresses and lengths are bytes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Call {
            $( $(#[$about])* $call = $number, )*
        }

        impl Call {
            /// The call with this number.
            pub const fn from_number(number: usize) -> Option<Self> {
                Some(match number {
                    $( $number => Self::$call, )*
                    _ => return None,
                })
            }
        }

        /// The arguments of each call: a structure of the call's name.
        pub mod arguments {
            use crate::registers::{Arguments, Registers};

            $( structure! { $call $arguments } )*
        }
    };
}

calls! {
    /// The caller's own [`TaskHandle`](crate::TaskHandle): `(0, handle)`.
    TaskSelf = 0 {}

    /// *Message.* Send and wait for the reply: `(status)`. `Dead`, `Unbound`, `Denied`, `Invalid`.
    /// With `Dead` the second result is the handle of the peer's present or next life (0 when it
    /// has none left), the third 1 when that life had begun.
    Call = 1 {
        /// The server's handle.
        destination,
        /// Address of the first [`Borrow`](crate::Borrow).
        borrows,
        /// How many there are: at most [`MAX_BORROWS`](crate::MAX_BORROWS).
        count,
    }

    /// *Message.* Wait: `(status, client, notifications)`. `client` is the caller's task handle, or [`u32::MAX`] when
    /// `notifications` (pending bits in the mask, cleared by this) came instead. A task that does not answer calls
    /// ([`Call::SetServing`]) gets notifications only.
    ///
    /// Before that, a line of the caller may come again, and peers are notified, as [`BeforeWait`](crate::BeforeWait)
    /// says. It is no error if the line is not the caller's (any more), or if a peer is not alive. `Denied` (not a peer
    /// of the manifest) and `Invalid` (other bits than peers post, or more than [`MOST_PEERS`](crate::MOST_PEERS)):
    /// nothing was done.
    Receive = 2 {
        /// The bits of the notifications that end the wait.
        mask,
        /// What is done first: a [`BeforeWait`](crate::BeforeWait).
        before,
        /// Whom that notifies: a bit for each task's index.
        peers,
    }

    /// *Message.* [`Call::Reply`] and [`Call::Receive`] in one, with the results of that. If the client is gone, this
    /// is no error.
    ReplyReceive = 3 {
        /// Whom the reply is for.
        client,
        /// The bits of the notifications that end the wait.
        mask,
    }

    /// *Message (sent only).* Reply and continue: `(status)`. `Dead` when the client no longer waits.
    Reply = 4 {
        /// Whom the reply is for.
        client,
    }

    /// Post notifications: `(status)`. Only [`PEERS`](crate::Notifications::PEERS) (the supervisor:
    /// [`CRASH`](crate::Notifications::CRASH) too), only to peers of the manifest. Several peers are notified by a
    /// [`Call::Receive`].
    Notify = 5 {
        /// Who gets them.
        task,
        /// Bits of [`Notifications`](crate::Notifications). Others, in a register of 64 bits too, are `Invalid`.
        bits,
    }

    /// Set the caller's timer: `(status)`. One timer a task; a deadline in the past fires at once.
    SetTimer = 6 (own)

    /// The time: `(0, ticks)`. Ticks since boot, at the chip's rate, in one register or two.
    Time = 7 {}

    /// Copy from a buffer that a client lent: `(status, bytes copied)`. At most [`COPY_STEP`](crate::COPY_STEP) bytes
    /// at once, or [`UNALIGNED_STEP`](crate::UNALIGNED_STEP); 0 bytes at the end of the buffer.
    BorrowRead = 8 {
        /// Who lent it.
        client,
        /// Which of its buffers.
        index,
        /// Where in the buffer to begin.
        offset,
        /// Address in the caller's own memory.
        own,
        /// How much.
        length,
    }

    /// Copy into a buffer that a client lent: as [`Call::BorrowRead`], the other way.
    BorrowWrite = 9 {
        /// Who lent it.
        client,
        /// Which of its buffers.
        index,
        /// Where in the buffer to begin.
        offset,
        /// Address in the caller's own memory.
        own,
        /// How much.
        length,
    }

    /// About a buffer that a client lent: `(status, length, rights)`.
    BorrowInfo = 10 {
        /// Who lent it.
        client,
        /// Which of its buffers.
        index,
    }

    /// Lend: `(status, handle)`. The caller must hold [`Lending::parent`](crate::Lending) and may lend to that task.
    /// The lessee is that task in its present life, and is told when the lease is in force. Both addresses are
    /// multiples of a word. After an error nothing is lent.
    LeaseLend = 11 {
        /// Address of a [`Lending`](crate::Lending).
        lending,
        /// Address of the first [`LentPart`](crate::LentPart).
        parts,
        /// How many there are: at most [`MOST_PARTS`](crate::MOST_PARTS).
        count,
    }

    /// End a lease and all that is derived from it: `(status)`. Returns once the lease is marked.
    /// [`Notifications::LEASE`](crate::Notifications::LEASE) tells when it is over; then the handle gets `Revoked`.
    LeaseRevoke = 12 {
        /// A lease that the caller lent.
        lease,
        /// A [`RevokeMode`](crate::RevokeMode).
        mode,
    }

    /// Give a lease back: `(status)`. Also ends what the caller derived from it.
    LeaseRelease = 13 {
        /// A lease that the caller holds.
        lease,
    }

    /// Next lease event of the caller: `(status, event, handle)`; `NotFound` when there is none. The event is a
    /// [`LeaseEvent`](crate::LeaseEvent).
    LeaseEvent = 14 {}

    /// About a lease that the caller holds or lent: `(status)`. `Revoked` once it is over.
    LeaseInfo = 15 {
        /// The lease.
        lease,
        /// Where the kernel writes a [`LeaseInfo`](crate::LeaseInfo).
        record,
    }

    /// About a grant: `(status)`. Caller must hold or have lent the lease.
    GrantInfo = 16 {
        /// The lease.
        lease,
        /// Which grant of it.
        grant,
        /// Where the kernel writes a [`GrantInfo`](crate::GrantInfo).
        record,
    }

    /// Start using a grant: `(status, base address)`. Maps a window, routes an interrupt to notifications, or turns bus
    /// mastering on. `Busy`, `Revoked`.
    GrantClaim = 17 {
        /// A lease that the caller holds.
        lease,
        /// Which grant of it.
        grant,
        /// A [`ClaimMode`](crate::ClaimMode), which counts for windows.
        mode,
        /// What an interrupt posts.
        bits,
    }

    /// Stop using a grant: `(status)`.
    GrantUnclaim = 18 {
        /// A lease that the caller holds.
        lease,
        /// Which grant of it.
        grant,
    }

    /// Let a claimed interrupt come again: `(status)`.
    InterruptAcknowledge = 19 {
        /// A lease that the caller holds.
        lease,
        /// Which grant of it.
        grant,
    }

    /// Write PCI configuration space: `(status)`. Through the root lease, or,
    /// behind a function's header, through a grant with the right to write and not that to read (`Denied` otherwise):
    /// no other holder of a lease may decide where a function's registers decode. The bus-master bit of the command
    /// register keeps the kernel's value, but for a bridge's.
    ConfigWrite = 20 {
        /// A lease that the caller holds.
        lease,
        /// Which grant of it.
        grant,
        /// Where in the grant: a multiple of the width.
        offset,
        /// 1, 2 or 4 bytes.
        width,
        /// What is written: its low bytes.
        value,
    }

    /// What becomes of the caller's callers: `(status)`. A task starts with
    /// [`Serving::Answers`](crate::Serving::Answers).
    SetServing = 21 {
        /// A [`Serving`](crate::Serving).
        serving,
    }

    /// End with a panic. Does not return.
    Panic = 22 {
        /// Address of the message.
        message,
        /// Its length.
        length,
    }

    /// Supervisor: stop a task: `(status)`. Its leases end;
    /// [`Notifications::TASK`](crate::Notifications::TASK) says when it is dormant.
    TaskStop = 23 {
        /// The task's index.
        task,
    }

    /// Supervisor: make a dormant task's memory fresh and start it: `(status, new handle)`. `Busy` unless dormant.
    TaskStart = 24 {
        /// The task's index.
        task,
    }

    /// About a task: `(status)`. `NotFound` past the last. Any task may ask.
    TaskInfo = 25 {
        /// The task's index.
        task,
        /// Where the kernel writes a [`TaskInfo`](crate::TaskInfo).
        record,
    }

    /// Supervisor: about the lease in a slot: `(status)`. `NotFound` past the last, `Revoked` for a free slot.
    LeaseAt = 26 {
        /// The slot.
        slot,
        /// Where the kernel writes a [`LeaseInfo`](crate::LeaseInfo).
        record,
    }

    /// Supervisor: about a grant of any lease: `(status)`.
    GrantAt = 27 {
        /// The lease.
        lease,
        /// Which grant of it.
        grant,
        /// Where the kernel writes a [`GrantInfo`](crate::GrantInfo).
        record,
    }

    /// Read 4 bytes of PCI configuration space: `(status, value)`.
    ConfigRead = 28 {
        /// A lease that the caller holds.
        lease,
        /// Which grant of it.
        grant,
        /// Where in the grant: a multiple of 4.
        offset,
    }

    /// Supervisor: turn the machine off or reset it. Does not return.
    SystemOff = 29 {
        /// The exit code.
        code,
        /// 1 to reset it, 0 to turn it off.
        reset,
    }

    /// Supervisor: write to the kernel's early console: `(status)`. The first
    /// [`DEBUG_STEP`](crate::DEBUG_STEP) bytes are printed.
    DebugWrite = 30 {
        /// Address of the text.
        text,
        /// Its length.
        length,
    }

    /// Supervisor: how much of a task's stack was ever written: `(status, size, found)`, in
    /// bytes. The kernel looks for a word that is not zero, beginning `offset` above the stack's low end, in at most
    /// [`STACK_STEP`](crate::STACK_STEP) bytes. `found` is the offset at which it stopped. If that is `offset` itself,
    /// there is such a word; if it is `size`, the stack ends there. `NotFound` past the last task.
    StackUse = 31 {
        /// The task's index.
        task,
        /// Where to begin: a multiple of a word.
        offset,
    }
}
