//! Waiting of a task that has no driver loop.

use crate::sys::{self, Message, Notifications, Received};
use crate::time;

/// Waits for any of `wanted`, or so many milliseconds, at least one. Gives those of `wanted` that came.
///
/// # Panics
/// When the supervisor asks for a crash.
#[track_caller]
pub fn notified(wanted: Notifications, milliseconds: u64) -> Notifications {
    // The own timer can always be set.
    let _ = sys::set_timer(time::after(milliseconds.max(1)), Notifications::TIMER);
    let all = wanted | Notifications::TIMER | Notifications::CRASH;
    let mut message = Message::EMPTY;
    match sys::receive(all, &mut message) {
        Ok(Received::Notified(came)) => {
            assert!(!came.contains(Notifications::CRASH), "asked to crash");
            came & wanted
        }
        // A task that does not serve gets no calls, and the mask is a fine one.
        _ => Notifications::empty(),
    }
}

/// Lets other tasks run for so many milliseconds, at least one, or less when a notification of before is there.
///
/// # Panics
/// As [`notified`].
#[track_caller]
pub fn pause(milliseconds: u64) {
    notified(Notifications::empty(), milliseconds);
}
