//! Waiting for a notification, to the instruction.

use bench_machine as machine;
use userlib::sys::{self, Message};

/// Waits for a notification; answers when the first instruction after it ran.
pub(crate) fn wait(bits: u32) -> usize {
    let mut message = Message::EMPTY;
    let received = sys::receive(bits, &mut message);
    let when = machine::counter();
    if received.is_err() {
        sys::panic(b"receive failed");
    }
    when
}
