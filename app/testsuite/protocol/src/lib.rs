//! What the test runner and its workers say to each other.
//!
//! A worker calls the runner with a *report*; the runner's reply is the next [`Command`], with
//! its arguments in the eight message words. So a worker waits in a call between commands, and
//! a test is one straight function in the runner.
#![no_std]
#![forbid(unsafe_code)]

/// What a worker is told to do, in the operation of the reply's tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Command {
    /// Any system call: words are its number and six arguments; reports the three results.
    SystemCall = 1,
    /// Keep these eight words as the message of the next message call.
    SetMessage = 2,
    /// Keep this word as the tag of the next message call.
    SetTag = 3,
    /// Report the eight words that the last message call left.
    GetMessage = 4,
    /// Report the tag that the last message call left.
    GetTag = 5,
    /// Load: `(address, width in bytes)`; reports the value.
    Load = 6,
    /// Store: `(address, width in bytes, value)`.
    Store = 7,
    /// Report this many words (at most 8) from an address: `(address, count)`.
    LoadWords = 8,
    /// Checked load of 32 bits: `(address)`; reports whether it was revoked, and the value.
    CheckedLoad = 9,
    /// Checked store of 32 bits: `(address, value)`; reports whether it was revoked.
    CheckedStore = 10,
    /// Jump to an address.
    Jump = 11,
    /// Execute an attack (`attacks::Attack`): `(attack, argument)`; reports what it left in a register.
    Attack = 12,
    /// Loop for ever, incrementing a counter in memory.
    Spin = 13,
    /// `(call number, first, count, stride, second argument, third argument)`: make the call with
    /// `count` first arguments and report how many succeeded, and how many got `Revoked`, `Dead`,
    /// `Denied`, `Invalid`, another error; last the first argument that succeeded.
    Forge = 14,
    /// `(call number, six arguments)` with a known value in every other register; reports a
    /// bit set of registers that should be kept and were not, and one of those that should be
    /// zero and are not (bit `i` for register `i`), then the three results.
    Registers = 15,
    /// Checked loads over `(first, end, step)`; reports how many succeeded, and the first and
    /// last address that did.
    Sweep = 16,
    /// Serve `(count)` calls, answering each word plus one, then report how many there were.
    Echo = 17,
    /// Call `(task handle)` `(count)` times; reports failed calls and wrong answers.
    CallMany = 18,
    /// `(parent, lessee, count)`: lend nothing until that fails or `count` such leases are there, keeping the
    /// handles; reports how many, and the error.
    LendMany = 19,
    /// Revoke every lease of [`Command::LendMany`]; reports how many succeeded.
    RevokeMany = 20,
    /// Give back every lease that there is an event of; reports how many succeeded.
    GiveBack = 21,
    /// `(rounds, seed)`: random system calls with random arguments, leaving out the
    /// calls that would end or block the worker; reports how many succeeded.
    Fuzz = 22,
    /// `(address, value, lease, index, count, bits)`: store 32 bits, which raises a line, wait for the
    /// interrupt and acknowledge it; reports how many came.
    Storm = 23,
    /// `(ticks, their high half on 32 bits)`: wait until that time, then loop for ever as [`Command::Spin`] does.
    SpinAt = 24,
    /// Add zero to 32 bits, atomically: `(address)`; reports what was there.
    Atomic = 25,
    /// `(seed, rounds, ticks)`: give every floating-point register a value by the seed, then go round, waiting so long
    /// each time; reports how many registers have another value at the end, and how many were not zero at the start.
    Floating = 26,
    /// `(address, rounds, ticks, keep, recover)`: take the lock at an address, add one to its number and release it,
    /// over and over, waiting so long after each; release it not if told to keep it; first take it from a dead holder,
    /// with number 0, if told to recover it. Reports rounds done, rounds in which another had it, the number at last,
    /// and the error that ended it.
    Lock = 27,
    /// `(address, flag)`: reserve the 32 bits at `address`, wait without a system call until the word at `flag` is not
    /// zero, and store the old value back if the reservation still holds. Reports whether the reservation was lost.
    Reserve = 28,
    /// `(lease, grant, address, rounds)`: unclaim a window and claim it again, over and over, with a checked load of a
    /// word of it right after each. Reports how many unclaims failed, how many claims, how many loads found the window
    /// when it was unclaimed, and how many did not find it when it was claimed.
    Reclaim = 29,
    /// `(source, offset, length, rights, label, count)`: say of the next lease that so many more of its parts are this.
    Part = 30,
    /// `(parent, lessee, label, id, payload type low, payload type high)`: lend the parts said. Reports the three
    /// results.
    Lend = 31,
    /// `(task handle)`: become the driver of the line in a lease. It notifies that task when the line came
    /// ([`CAME`]) and when it is called ([`ASKED`]), and lets the line come again when it is notified or called; all
    /// of it with its next wait.
    Drive = 32,
}

/// The notification that a driver's line came.
pub const CAME: u32 = 1 << 0;
/// The notification that a driver was called.
pub const ASKED: u32 = 1 << 1;

impl Command {
    /// The command with this number.
    pub const fn from_code(code: u16) -> Option<Self> {
        Some(match code {
            1 => Self::SystemCall,
            2 => Self::SetMessage,
            3 => Self::SetTag,
            4 => Self::GetMessage,
            5 => Self::GetTag,
            6 => Self::Load,
            7 => Self::Store,
            8 => Self::LoadWords,
            9 => Self::CheckedLoad,
            10 => Self::CheckedStore,
            11 => Self::Jump,
            12 => Self::Attack,
            13 => Self::Spin,
            14 => Self::Forge,
            15 => Self::Registers,
            16 => Self::Sweep,
            17 => Self::Echo,
            18 => Self::CallMany,
            19 => Self::LendMany,
            20 => Self::RevokeMany,
            21 => Self::GiveBack,
            22 => Self::Fuzz,
            23 => Self::Storm,
            24 => Self::SpinAt,
            25 => Self::Atomic,
            26 => Self::Floating,
            27 => Self::Lock,
            28 => Self::Reserve,
            29 => Self::Reclaim,
            30 => Self::Part,
            31 => Self::Lend,
            32 => Self::Drive,
            _ => return None,
        })
    }
}

/// Operation in the tag of a worker's first report, right after its start: words are the
/// worker's task handle, and the addresses in [`Place`]'s order.
pub const HELLO: u16 = 1;
/// Operation in the tag of every other report.
pub const REPORT: u16 = 2;
/// Operation when the worker did not know the command.
pub const UNKNOWN: u16 = 3;

/// Which word of a worker's first report says where it has what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Place {
    /// A buffer of `attacks::SCRATCH_LENGTH` bytes, zero at the start.
    Scratch = 1,
    /// A word with the initial value `attacks::INITIALISED_WORD`.
    Initialised = 2,
    /// The first byte of the lend arena.
    Arena = 3,
    /// The end of the lend arena.
    ArenaEnd = 4,
    /// An instruction (the start of a function).
    Text = 5,
    /// A constant.
    Constant = 6,
    /// A place on the stack.
    Stack = 7,
}
