//! A hardware timer.

use leasehold_abi::Error;
use userlib::ipc::interface;

/// What a timer of the board does.
#[interface]
pub trait Timer {
    /// Answers after so many microseconds, by the timer's interrupt. Returns how many ticks of the kernel's clock that
    /// took. `Busy` while another alarm is set, `Invalid` for 0 or for more than the timer can count.
    #[deferred]
    fn alarm(&mut self, microseconds: u32) -> Result<u32, Error>;
    /// Busy waiting for so many microseconds, at most 10 000. Returns how many ticks of the kernel's clock that took.
    /// `Busy` while an alarm is set, `Invalid` for more.
    fn delay(&mut self, microseconds: u32) -> Result<u32, Error>;
}
