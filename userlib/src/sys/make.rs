//! From the structure of a call's arguments to the backend that has so many registers.

use super::{Message, backend};
use leasehold_abi::arguments::{BorrowRead, Receive};
use leasehold_abi::{Arguments, Call};

/// Makes a call that has no message. Registers that it does not use cost nothing.
///
/// # Safety
/// Arguments that are addresses name memory that the kernel may read or write as the call says, for the time of the
/// call.
#[inline(always)]
pub(super) unsafe fn make<A: Arguments>(arguments: A) -> [usize; 3] {
    const { assert!(A::REGISTERS <= 5, "no call without a message has six") };
    let [a, b, c, d, e, _] = arguments.registers();
    // SAFETY: as the caller says.
    unsafe {
        match A::REGISTERS {
            0 => backend::call0(A::CALL),
            1 => backend::call1(A::CALL, a),
            2 => backend::call2(A::CALL, a, b),
            3 => backend::call3(A::CALL, a, b, c),
            4 => backend::call4(A::CALL, a, b, c, d),
            _ => backend::call5(A::CALL, a, b, c, d, e),
        }
    }
}

/// Copies from a client's buffer, or into it: [`Call::BorrowRead`] and [`Call::BorrowWrite`] have the same arguments.
///
/// # Safety
/// As for [`make`].
#[inline(always)]
pub(super) unsafe fn copy(call: Call, arguments: BorrowRead) -> [usize; 3] {
    let [a, b, c, d, e, _] = arguments.registers();
    // SAFETY: as the caller says.
    unsafe { backend::call5(call, a, b, c, d, e) }
}

/// Waits for a message or a notification. There is no message to send.
///
/// # Safety
/// As for [`make`].
#[inline(always)]
pub(super) unsafe fn wait(arguments: Receive, message: &mut Message) -> [usize; 3] {
    let [a, b, c, ..] = arguments.registers();
    // SAFETY: as the caller says.
    unsafe { backend::receive(a, b, c, message) }
}

/// Makes a call that sends a message, receives one, or both.
///
/// # Safety
/// As for [`make`].
#[inline(always)]
pub(super) unsafe fn exchange<A: Arguments>(arguments: A, message: &mut Message) -> [usize; 3] {
    const { assert!(A::REGISTERS <= 3, "the other registers have the message") };
    let [a, b, c, ..] = arguments.registers();
    // SAFETY: as the caller says.
    unsafe { backend::message(A::CALL, a, b, c, message) }
}
