//! Calls that the entry code answers without saving the caller's registers.

use leasehold_abi::Call;

/// Calls that do not block, wake a task or queue work. They return to the caller, so its registers stay where they are.
/// A bit for each number.
pub const QUICK: u32 = {
    let calls = [
        Call::Time,
        Call::BorrowRead,
        Call::BorrowWrite,
        Call::BorrowInfo,
        Call::LeaseAdd,
        Call::GrantLabel,
        Call::LeaseEvent,
        Call::LeaseInfo,
        Call::GrantInfo,
        Call::InterruptAcknowledge,
        Call::ConfigWrite,
        Call::TaskInfo,
    ];
    let mut set = 0;
    let mut at = 0;
    while at < calls.len() {
        set |= 1 << calls[at] as u32;
        at += 1;
    }
    set
};
