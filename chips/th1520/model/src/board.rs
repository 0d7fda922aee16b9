//! What the CPU and the machine ask of a board.

use crate::cpu::Mode;
use crate::memory::Memory;
use crate::violation::Violation;

pub mod th1520;
pub mod virt;

/// An access of the CPU to something that is not DRAM.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    /// The physical address.
    pub address: u64,
    /// Bytes: 1, 2, 4 or 8.
    pub width: u8,
    /// The instruction's address.
    pub pc: u64,
    /// The mode that it ran in.
    pub mode: Mode,
    /// The time in nanoseconds.
    pub now: u64,
}

/// The bus answered with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// An access fault.
    Error,
    /// Nothing ever answers: the hart hangs.
    Hang,
}

/// The devices, as the CPU reaches them.
pub trait Bus {
    /// A load.
    ///
    /// # Errors
    /// The bus refused it.
    fn read(&mut self, access: &Access) -> Result<u64, Refused>;

    /// A store.
    ///
    /// # Errors
    /// The bus refused it.
    fn write(&mut self, access: &Access, value: u64) -> Result<(), Refused>;
}

/// What ended a run for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The machine was turned off, with an exit code.
    Off(u32),
    /// The machine was reset.
    Reset,
    /// The hart waits for a block that never answers.
    Hang,
    /// A breakpoint was reached.
    Breakpoint,
    /// As much time passed as was asked for.
    Time,
    /// Nothing can ever happen any more: the hart waits, and no event is due.
    Idle,
}

/// A board's devices and their time.
pub trait Board: Bus + Clone {
    /// Lets everything happen that is due at a time in nanoseconds.
    fn advance(&mut self, now: u64, memory: &mut Memory);

    /// When the next thing will happen.
    fn next_event(&self, now: u64) -> Option<u64>;

    /// The interrupts that devices hold, as bits of `mip`.
    fn lines(&self, now: u64) -> u64;

    /// `set_timer` of the firmware: raises the supervisor's timer interrupt at a count of `time`.
    fn set_timer(&mut self, ticks: u64);

    /// Sends bytes to the console; they arrive at the line's speed.
    fn serial_in(&mut self, bytes: &[u8], now: u64);

    /// How many bytes the console's receiver takes now without a loss.
    fn serial_room(&self) -> usize;

    /// Takes what was sent by the console.
    fn serial_out(&mut self) -> Vec<u8>;

    /// Whether the machine stopped.
    fn stopped(&self) -> Option<Stop>;

    /// Takes what was reported.
    fn violations(&mut self) -> Vec<Violation>;
}
