//! The messages between the measuring task and its helpers.
//!
//! A helper calls the measuring task with a report; the reply is the next command, its operation
//! in the tag and its arguments in the words.
#![no_std]
#![forbid(unsafe_code)]

/// What a helper is told to do. Times are values of the instruction counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Command {
    /// `(lease, index, bits)`: claim a grant; reports the status, the instructions and the address.
    Claim = 1,
    /// `(lease)`: release it; reports the status and the instructions.
    Release = 2,
    /// `(count)`: null calls; reports most and least instructions.
    Null = 3,
    /// `(size, count)`: serve calls of a [`Size`].
    Serve = 4,
    /// `(size, server, count)`: call it; reports most and least instructions.
    RoundTrips = 5,
    /// `(bits)`: wait for a notification; reports when the first instruction after it ran.
    Await = 6,
    /// `(register, value)`: store to a device; reports when.
    Raise = 7,
    /// `(lease, index)`: acknowledge an interrupt.
    Acknowledge = 8,
    /// `(task, bits)`: notify; reports when.
    Notify = 9,
    /// `(parent, first lessee, lessees, count)`: derive leases of all of the parent's first grant, to the
    /// lessees in turn; reports how many.
    Derive = 10,
    /// Claim the first grant of every lease that was offered; reports how many.
    ClaimOffered = 11,
    /// Release every lease that is ending; reports how many.
    ReleaseEnding = 12,
    /// `(server)`: one call; reports its status and when it came back.
    CallOnce = 13,
    /// Receive a call, then fault at an address that tells when.
    FaultInService = 14,
    /// `(base, high, low, bits)`: set the clock's alarm and wait; reports when the first instruction after it ran. On
    /// Arm `(base, moment, _, bits)`; reports when the alarm was, and the ticks from it to that instruction.
    Alarm = 15,
    /// `(base)`: read the clock; reports when, low and high half. On Arm the clock is the counter, so there is no such
    /// command.
    #[cfg(not(target_arch = "arm"))]
    Clock = 16,
    /// `(parent, lessee)`: lend the arena; reports the status, the lease and the address.
    LendArena = 17,
    /// `(ring, entries, register, value, line, consumer, interrupts)`: for each interrupt store to the device, put
    /// entries into the ring, and notify the consumer.
    Produce = 18,
    /// `(ring, notifications)`: take what is in the ring, at each notification; reports the number of entries and
    /// their sum.
    Consume = 19,
    /// `(register, value)`: store to a device; reports the instructions until the next one is executed.
    RaiseThrough = 20,
    /// Take the next lease event; reports the status, the instructions and the lease.
    Event = 21,
}

impl Command {
    /// The command with this number.
    pub const fn from_code(code: u16) -> Option<Self> {
        Some(match code {
            1 => Self::Claim,
            2 => Self::Release,
            3 => Self::Null,
            4 => Self::Serve,
            5 => Self::RoundTrips,
            6 => Self::Await,
            7 => Self::Raise,
            8 => Self::Acknowledge,
            9 => Self::Notify,
            10 => Self::Derive,
            11 => Self::ClaimOffered,
            12 => Self::ReleaseEnding,
            13 => Self::CallOnce,
            14 => Self::FaultInService,
            15 => Self::Alarm,
            #[cfg(not(target_arch = "arm"))]
            16 => Self::Clock,
            17 => Self::LendArena,
            18 => Self::Produce,
            19 => Self::Consume,
            20 => Self::RaiseThrough,
            21 => Self::Event,
            _ => return None,
        })
    }
}

/// What travels in a measured round trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Size {
    /// Nothing.
    Empty = 0,
    /// 32 bytes each way, from memory to memory.
    Bytes32 = 1,
    /// 64 bytes each way, from memory to memory.
    Bytes64 = 2,
    /// A borrowed buffer of 64 bytes, which the server reads.
    Borrow64 = 3,
}

impl Size {
    /// The size with this number.
    pub const fn from_code(code: usize) -> Option<Self> {
        Some(match code {
            0 => Self::Empty,
            1 => Self::Bytes32,
            2 => Self::Bytes64,
            3 => Self::Borrow64,
            _ => return None,
        })
    }
}

/// The notifications of [`Command::Produce`] and [`Command::Consume`].
pub const RING_LINE: usize = 1 << 4;
/// As above.
pub const RING_FILLED: usize = 1;

/// Operation of a helper's first report: when its first instruction ran.
pub const HELLO: u16 = 1;
/// Operation of every other report.
pub const REPORT: u16 = 2;
/// Operation of the reader's reports: instructions of one read, then when it ran behind the `await` of its interrupt.
pub const READ: u16 = 3;

/// Registers of the clock's window that the bench uses (QEMU 7.2, hw/rtc/goldfish_rtc.c).
pub mod rtc {
    /// Low half of the time in nanoseconds; reading it latches the high half.
    pub const TIME_LOW: usize = 0x00;
    /// High half of the time.
    pub const TIME_HIGH: usize = 0x04;
    /// Low half of the alarm; writing it arms.
    pub const ALARM_LOW: usize = 0x08;
    /// High half of the alarm.
    pub const ALARM_HIGH: usize = 0x0c;
    /// Bit 0: the interrupt is on.
    pub const INTERRUPT_ENABLE: usize = 0x10;
    /// Any write clears the interrupt.
    pub const CLEAR_INTERRUPT: usize = 0x1c;
}

/// Registers of edu (QEMU 7.2, docs/specs/edu.rst).
pub mod edu {
    /// Ones raise causes of an interrupt.
    pub const RAISE: usize = 0x60;
    /// Ones clear causes.
    pub const ACKNOWLEDGE: usize = 0x64;
}

/// Registers of a timer of the Cortex-M System Design Kit (Arm DDI 0479, "APB timer").
pub mod timer {
    /// Bit 0 runs it, bit 3 lets it interrupt at zero.
    pub const CONTROL: usize = 0x0;
    /// Both bits of it.
    pub const INTERRUPTING: usize = 9;
    /// Present value; it counts down.
    pub const VALUE: usize = 0x4;
    /// Value after zero, 0 to stop there; writing it sets the present one too.
    pub const RELOAD: usize = 0x8;
    /// Bit 0: it interrupts; writing 1 clears.
    pub const INTERRUPT: usize = 0xc;
}
