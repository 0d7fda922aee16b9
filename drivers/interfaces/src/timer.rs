//! A hardware timer.

use leasehold_abi::Error;
use userlib::ipc::interface;

/// What a timer of the board does.
#[interface]
pub trait Timer {
    /// Answers after so many microseconds, by the timer's interrupt; gives how many ticks of the
    /// kernel's clock that took. `Busy` while another alarm is set, `Invalid` for none or for
    /// more than the timer can count.
    #[deferred]
    fn alarm(&mut self, microseconds: u32) -> Result<u32, Error>;
    /// Waits in place for so many microseconds, at most 10 000, by looking at the timer; gives how
    /// many ticks of the kernel's clock that took. `Busy` while an alarm is set, `Invalid` for more.
    fn delay(&mut self, microseconds: u32) -> Result<u32, Error>;
}
