//! `aux`: what the children of the auxiliary sample see.

use crate::run::say::unanswered;
use crate::session::Session;
use core::fmt::Write;
use driver_interfaces::{HoldState, SAMPLES, SampleChildClient, SampleInfo, SampleState};
use leasehold_abi::{Error, Optional, TaskHandle};
use userlib::ipc::Peer;

// A client is made for each command, so that it finds the driver's present life.

/// The auxiliary children by device: one task has both, or each has one.
static CHILDREN: [[&str; 2]; SAMPLES] = [["aux-child", "aux-leds"], ["aux-child", "aux-buttons"]];

/// The child of this number that the image has.
fn child_of(number: usize) -> &'static str {
    let [first, second] = CHILDREN[number];
    if Peer::connect(first).is_ok() {
        first
    } else {
        second
    }
}

pub(crate) fn hold(session: &mut Session, time: u32) -> bool {
    let child = child_of(0);
    match SampleChildClient::connect(child).and_then(|mut client| client.hold(time)) {
        Ok(()) => {
            let _ = writeln!(session.screen, "{child} calls aux-parent, for {time} ms");
            true
        }
        Err(error) => unanswered(session, child, error),
    }
}

/// The generation of a life; 0 where there was none.
fn generation_of(life: Optional<TaskHandle>) -> u32 {
    life.get().map_or(0, TaskHandle::generation)
}

pub(crate) fn show(session: &mut Session) -> bool {
    for number in 0..SAMPLES {
        let child = child_of(number);
        let asked =
            SampleChildClient::connect(child).and_then(|mut client| client.sample(number as u32));
        let info = match asked {
            Ok(info) => info,
            Err(error) => return unanswered(session, child, error),
        };
        let out = &mut session.screen;
        let _ = write!(out, "device {number}: ");
        let lease = info
            .lease
            .get()
            .map_or((0, 0), |lease| (lease.index(), lease.generation()));
        let (slot, generation) = lease;
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
                generation_of(parent)
            ),
        };
    }
    let child = child_of(0);
    let asked = SampleChildClient::connect(child).and_then(|mut client| client.last_hold());
    let hold = match asked {
        Ok(hold) => hold,
        Err(error) => return unanswered(session, child, error),
    };
    let out = &mut session.screen;
    let generation = generation_of(hold.parent);
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
