//! The alarm of the board's clock: QEMU's goldfish real-time clock on RISC-V, on Arm a timer of the Cortex-M System
//! Design Kit.

use crate::report::{Words, words};
#[cfg(not(target_arch = "arm"))]
use crate::wait::wait;
use bench_machine as machine;
use userlib::sys::Notifications;

/// Sets the alarm to a time in nanoseconds, and waits for it.
#[cfg(not(target_arch = "arm"))]
pub(crate) fn await_alarm(given: Words) -> Words {
    use bench_protocol::rtc::{ALARM_HIGH, ALARM_LOW};
    let [base, high, low, bits, ..] = given;
    machine::raise(base + ALARM_HIGH, high);
    machine::raise(base + ALARM_LOW, low);
    words(&[wait(Notifications::from_register(bits))])
}

/// What the clock says.
#[cfg(not(target_arch = "arm"))]
pub(crate) fn read_clock(base: usize) -> Words {
    use bench_protocol::rtc::{TIME_HIGH, TIME_LOW};
    let (when, low) = machine::clock(base + TIME_LOW);
    let (_, high) = machine::clock(base + TIME_HIGH);
    words(&[when, low, high])
}

/// Sets the timer to a value of the counter, and waits for it. Reports when that was, and how many ticks later the
/// first instruction ran. The timer itself shows this: it continues to count down from `RELOAD`.
#[cfg(target_arch = "arm")]
pub(crate) fn await_alarm(given: Words) -> Words {
    use bench_protocol::timer::{CONTROL, INTERRUPTING, RELOAD, VALUE};
    use userlib::sys::{self, Message};
    let [base, moment, _, bits, ..] = given;
    machine::raise(base + CONTROL, 0);
    machine::raise(base + RELOAD, u32::MAX as usize);
    let left = machine::until(moment).unwrap_or(0).max(1) as usize;
    machine::raise(base + VALUE, left);
    machine::raise(base + CONTROL, INTERRUPTING);
    let mut message = Message::EMPTY;
    let received = sys::receive(Notifications::from_register(bits), &mut message);
    let value = machine::load(base + VALUE);
    if received.is_err() {
        sys::panic(b"receive failed");
    }
    let elapsed = u32::MAX as usize - value;
    let now = machine::counter();
    words(&[now.wrapping_sub(elapsed), elapsed])
}
