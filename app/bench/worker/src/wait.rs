//! Waiting for a notification, to the instruction.

use bench_machine as machine;
use userlib::sys::{self, Message, Notifications};

/// Waits for a notification; answers when the first instruction after it ran.
pub(crate) fn wait(wanted: Notifications) -> usize {
    let mut message = Message::EMPTY;
    let received = sys::receive(wanted, &mut message);
    let when = machine::counter();
    if received.is_err() {
        sys::panic(b"receive failed");
    }
    when
}
