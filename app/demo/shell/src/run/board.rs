//! `leds`, `buttons`, `timer`, `eth`: what a board has instead of PCI.

use crate::needs::{BUTTONS, ETHERNET, LEDS, TIMER};
use crate::run::say::unanswered;
use crate::session::Session;
use core::fmt::Write;
use driver_interfaces::{
    ButtonsClient, EthernetClient, EthernetInfo, Inputs, LedsClient, TimerClient,
};
use userlib::time::TICKS_PER_SECOND;

/// Microseconds that `timer` has its driver wait in place.
const IN_PLACE: u32 = 100;

/// Microseconds in a second.
const SECOND: u64 = 1_000_000;

/// Ticks of the kernel's clock in microseconds.
fn microseconds(ticks: u32) -> u64 {
    u64::from(ticks) * SECOND / TICKS_PER_SECOND
}

pub(crate) fn light(session: &mut Session, bits: u32) -> bool {
    match LedsClient::connect(LEDS.task).and_then(|mut leds| leds.light(bits)) {
        Ok(lit) => {
            let _ = writeln!(session.screen, "LEDs lit: {lit:#04b}");
            true
        }
        Err(error) => unanswered(session, &LEDS, error),
    }
}

pub(crate) fn buttons(session: &mut Session) -> bool {
    match ButtonsClient::connect(BUTTONS.task).and_then(|mut buttons| buttons.inputs()) {
        Ok(inputs) => {
            let Inputs {
                buttons,
                seconds,
                hundredths,
                cycles,
            } = inputs;
            let _ = writeln!(
                session.screen,
                "buttons pressed: {buttons:#04b}; counters: {seconds} s, {hundredths} in 1/100 s, {cycles} cycles"
            );
            true
        }
        Err(error) => unanswered(session, &BUTTONS, error),
    }
}

pub(crate) fn timer(session: &mut Session, milliseconds: u32) -> bool {
    session.screen.flush();
    let asked = TimerClient::connect(TIMER.task).and_then(|mut timer| {
        let alarm = timer.alarm(milliseconds * 1000)?;
        Ok((alarm, timer.delay(IN_PLACE)?))
    });
    match asked {
        Ok((alarm, delay)) => {
            let (alarm, delay) = (microseconds(alarm), microseconds(delay));
            let (whole, rest) = (alarm / 1000, alarm % 1000);
            let _ = writeln!(
                session.screen,
                "the timer interrupted after {whole}.{rest:03} ms; {IN_PLACE} us in place took {delay} us"
            );
            true
        }
        Err(error) => unanswered(session, &TIMER, error),
    }
}

pub(crate) fn ethernet(session: &mut Session) -> bool {
    match EthernetClient::connect(ETHERNET.task).and_then(|mut controller| controller.identify()) {
        Ok(info) => {
            let EthernetInfo {
                chip,
                revision,
                byte_test,
                address: [a, b, c, d, e, f],
                ..
            } = info;
            let _ = writeln!(
                session.screen,
                "chip {chip:04x}, revision {revision}, byte test {byte_test:08x}, address {a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}"
            );
            true
        }
        Err(error) => unanswered(session, &ETHERNET, error),
    }
}
