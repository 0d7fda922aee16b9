//! `fact`, `dma`, `aux`, `date`: what drivers do for their clients.

use crate::needs::{CLOCK, EDU, Needs, needs};
use crate::run::lookup;
use crate::run::say::unanswered;
use crate::session::Session;
use core::fmt::Write;
use driver_interfaces::{
    ClockClient, DateTime, EduClient, HoldState, SAMPLES, SampleChildClient, SampleInfo,
    SampleState,
};
use leasehold_abi::{Error, LeaseHandle, TaskHandle};

// A client is made for each command, so that it finds the driver's present life.

/// The auxiliary children by device: one task has both, or each has one.
static CHILDREN: [[Needs; 2]; SAMPLES] = [
    [child("aux-child"), child("aux-leds")],
    [child("aux-child"), child("aux-buttons")],
];

const fn child(task: &'static str) -> Needs {
    needs(task, "auxiliary sample")
}

/// The child of this number that the image has.
fn child_of(number: usize) -> &'static Needs {
    let [first, second] = &CHILDREN[number];
    if lookup::find(first.task).is_some() {
        first
    } else {
        second
    }
}

/// Nanoseconds in a second.
const SECOND: u64 = 1_000_000_000;

pub(crate) fn factorial(session: &mut Session, number: u32) -> bool {
    session.screen.flush();
    match EduClient::connect(EDU.task).and_then(|mut edu| edu.factorial(number)) {
        Ok(result) => {
            let modulo = if number > 12 { " modulo 2^32" } else { "" };
            let _ = writeln!(session.screen, "{number}! = {result}{modulo}");
            true
        }
        Err(error) => unanswered(session, &EDU, error),
    }
}

pub(crate) fn transfer(session: &mut Session, count: u32) -> bool {
    session.screen.flush();
    match EduClient::connect(EDU.task).and_then(|mut edu| edu.transfer(count)) {
        Ok(time) => {
            let plural = if count == 1 { "" } else { "s" };
            let _ = writeln!(
                session.screen,
                "{count} byte{plural} to edu and back by DMA: equal, {time} ms"
            );
            true
        }
        Err(Error::Invalid) => {
            let _ = writeln!(session.screen, "edu takes 1 to 4095 bytes");
            false
        }
        Err(Error::Protocol) => {
            let _ = writeln!(
                session.screen,
                "{count} bytes to edu and back by DMA: they differ"
            );
            false
        }
        Err(error) => unanswered(session, &EDU, error),
    }
}

pub(crate) fn date(session: &mut Session) -> bool {
    match ClockClient::connect(CLOCK.task).and_then(|mut clock| clock.now()) {
        Ok(nanoseconds) => {
            let _ = writeln!(
                session.screen,
                "{}",
                DateTime::from_unix(nanoseconds / SECOND)
            );
            true
        }
        Err(error) => unanswered(session, &CLOCK, error),
    }
}

pub(crate) fn hold(session: &mut Session, time: u32) -> bool {
    let child = child_of(0);
    match SampleChildClient::connect(child.task).and_then(|mut child| child.hold(time)) {
        Ok(()) => {
            let name = child.task;
            let _ = writeln!(session.screen, "{name} calls aux-parent, for {time} ms");
            true
        }
        Err(error) => unanswered(session, child, error),
    }
}

pub(crate) fn auxiliary(session: &mut Session) -> bool {
    for number in 0..SAMPLES {
        let child = child_of(number);
        let asked = SampleChildClient::connect(child.task)
            .and_then(|mut child| child.sample(number as u32));
        let info = match asked {
            Ok(info) => info,
            Err(error) => return unanswered(session, child, error),
        };
        let out = &mut session.screen;
        let _ = write!(out, "device {number}: ");
        let lease = LeaseHandle::from_raw(info.lease);
        let (slot, generation) = (lease.index(), lease.generation());
        let SampleInfo {
            index,
            identity,
            bindings,
            parent,
            ..
        } = info;
        let _ = match info.state {
            SampleState::NoLease => writeln!(out, "no lease yet"),
            SampleState::Gone => {
                writeln!(
                    out,
                    "try_access gives None: lease {slot}.{generation} is revoked"
                )
            }
            SampleState::Present => writeln!(
                out,
                "index {index}, parent {identity} of generation {} (lease {slot}.{generation}, binding {bindings})",
                TaskHandle::from_raw(parent).generation()
            ),
        };
    }
    let child = child_of(0);
    let asked = SampleChildClient::connect(child.task).and_then(|mut child| child.last_hold());
    let hold = match asked {
        Ok(hold) => hold,
        Err(error) => return unanswered(session, child, error),
    };
    let out = &mut session.screen;
    let parent = TaskHandle::from_raw(hold.parent);
    let generation = parent.generation();
    let (seconds, rest) = (hold.ended_ms / 1000, hold.ended_ms % 1000);
    let _ = match hold.state {
        HoldState::None => Ok(()),
        HoldState::InFlight => writeln!(
            out,
            "call to aux-parent (generation {generation}): in flight"
        ),
        HoldState::Answered => writeln!(
            out,
            "call to aux-parent (generation {generation}): answered at {seconds}.{rest:03}"
        ),
        HoldState::Failed => {
            let error = Error::from_code(hold.error as usize).unwrap_or(Error::Protocol);
            writeln!(
                out,
                "call to aux-parent (generation {generation}): ended at {seconds}.{rest:03}: {error}"
            )
        }
    };
    true
}
