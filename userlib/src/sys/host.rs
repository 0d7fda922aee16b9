//! System calls on the host: every one goes to the scripted kernel of [`super::mock`].

use super::{Message, mock};
use leasehold_abi::Call;

/// What stands for the `static`s of tasks: alive as long as the process, and not a leak.
pub(crate) fn keep<T>(value: T) -> *mut T {
    use core::sync::atomic::AtomicPtr;
    use std::sync::{Mutex, PoisonError};
    static KEPT: Mutex<std::vec::Vec<AtomicPtr<()>>> = Mutex::new(std::vec::Vec::new());
    let kept = std::boxed::Box::into_raw(std::boxed::Box::new(value));
    KEPT.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(AtomicPtr::new(kept.cast()));
    kept
}

/// The same for what is only ever shared.
pub(crate) fn keep_shared<T: 'static>(value: T) -> &'static T {
    // SAFETY: kept for ever, and nobody else has its address.
    unsafe { &*keep(value) }
}

/// Forwards a call without a message.
macro_rules! stub {
    ($name:ident, $($argument:ident),*; $($zero:literal),*) => {
        /// # Safety
        /// As on a board: addresses name memory that the call may use.
        pub(super) unsafe fn $name(number: Call, $($argument: usize),*) -> [usize; 3] {
            mock::system_call(number, [$($argument,)* $($zero),*])
        }
    };
}

stub!(call0, ; 0, 0, 0, 0, 0, 0);
stub!(call1, a; 0, 0, 0, 0, 0);
stub!(call2, a, b; 0, 0, 0, 0);
stub!(call3, a, b, c; 0, 0, 0);
stub!(call4, a, b, c, d; 0, 0);
stub!(call5, a, b, c, d, e; 0);

/// # Safety
/// As on a board: `b` and `c` of [`Call::Call`] name a valid list of borrows.
pub(super) unsafe fn message(
    number: Call,
    a: usize,
    b: usize,
    c: usize,
    message: &mut Message,
) -> [usize; 3] {
    mock::message_call(number, [a, b, c], message)
}

/// Waits for a message or a notification.
///
/// # Safety
/// As for a call without a message.
#[inline(always)]
pub(super) unsafe fn receive(a: usize, b: usize, c: usize, message: &mut Message) -> [usize; 3] {
    // SAFETY: as above; a receive has no address among its arguments.
    unsafe { self::message(Call::Receive, a, b, c, message) }
}
