//! `fact`, `dma`, `aux`, `date`: what drivers do for their clients.

use crate::run::{failed, tasks};
use crate::session::Session;
use core::fmt::Write;
use driver_interfaces::{
    ClockClient, DateTime, EduClient, HoldInfo, SAMPLES, SampleChildClient, SampleInfo,
};
use leasehold_abi::{Error, LeaseHandle, TaskHandle};
use zerocopy::{FromZeros, IntoBytes};

// A client is made for each command, so that it finds the driver's present life.

/// The task of the `edu` driver.
const EDU: &str = "edu";

/// The task of the real-time clock's driver.
const CLOCK: &str = "rtc";

/// The task of the auxiliary child.
const CHILD: &str = "aux-child";

/// Nanoseconds in a second.
const SECOND: u64 = 1_000_000_000;

/// Says why a driver gave no answer.
fn unanswered(session: &mut Session, name: &str, error: Error) -> bool {
    let never = tasks::find(name).is_some_and(|(_, info)| info.starts == 0);
    if error == Error::Dead && never {
        let _ = writeln!(
            session.screen,
            "{name} does not run: its device is not there"
        );
        return false;
    }
    failed(&mut session.screen, name, error)
}

pub(super) fn factorial(session: &mut Session, number: u32) -> bool {
    session.screen.flush();
    match EduClient::connect(EDU).and_then(|mut edu| edu.factorial(number)) {
        Ok(result) => {
            let modulo = if number > 12 { " modulo 2^32" } else { "" };
            let _ = writeln!(session.screen, "{number}! = {result}{modulo}");
            true
        }
        Err(error) => unanswered(session, EDU, error),
    }
}

pub(super) fn transfer(session: &mut Session, count: usize) -> bool {
    session.screen.flush();
    // Larger counts are as wrong as those that the driver names so.
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    match EduClient::connect(EDU).and_then(|mut edu| edu.transfer(count)) {
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
        Err(error) => unanswered(session, EDU, error),
    }
}

pub(super) fn date(session: &mut Session) -> bool {
    match ClockClient::connect(CLOCK).and_then(|mut clock| clock.now()) {
        Ok(nanoseconds) => {
            let _ = writeln!(
                session.screen,
                "{}",
                DateTime::from_unix(nanoseconds / SECOND)
            );
            true
        }
        Err(error) => unanswered(session, CLOCK, error),
    }
}

pub(super) fn hold(session: &mut Session, time: u32) -> bool {
    match SampleChildClient::connect(CHILD).and_then(|mut child| child.hold(time)) {
        Ok(()) => {
            let _ = writeln!(session.screen, "aux-child calls aux-parent, for {time} ms");
            true
        }
        Err(error) => unanswered(session, CHILD, error),
    }
}

pub(super) fn auxiliary(session: &mut Session) -> bool {
    let mut child = match SampleChildClient::connect(CHILD) {
        Ok(child) => child,
        Err(error) => return unanswered(session, CHILD, error),
    };
    for number in 0..SAMPLES as u32 {
        let mut info = SampleInfo::new_zeroed();
        if let Err(error) = child.sample(number, info.as_mut_bytes()) {
            return unanswered(session, CHILD, error);
        }
        let out = &mut session.screen;
        let _ = write!(out, "device {number}: ");
        let lease = LeaseHandle::from_raw(info.lease);
        let (slot, generation) = (lease.index(), lease.generation());
        let _ = match info {
            SampleInfo {
                lease: u32::MAX, ..
            } => writeln!(out, "no lease yet"),
            SampleInfo { present: 0, .. } => {
                writeln!(
                    out,
                    "try_access gives None: lease {slot}.{generation} is revoked"
                )
            }
            SampleInfo {
                index,
                vendor,
                device,
                bindings,
                parent,
                ..
            } => writeln!(
                out,
                "index {index}, parent {vendor:04x}:{device:04x} of generation {} (lease {slot}.{generation}, binding {bindings})",
                TaskHandle::from_raw(parent).generation()
            ),
        };
    }
    let mut hold = HoldInfo::new_zeroed();
    if let Err(error) = child.last_hold(hold.as_mut_bytes()) {
        return unanswered(session, CHILD, error);
    }
    let out = &mut session.screen;
    let parent = TaskHandle::from_raw(hold.parent);
    let generation = parent.generation();
    let (seconds, rest) = (hold.ended_ms / 1000, hold.ended_ms % 1000);
    let _ = match hold.state {
        0 => Ok(()),
        1 => writeln!(
            out,
            "call to aux-parent (generation {generation}): in flight"
        ),
        2 => writeln!(
            out,
            "call to aux-parent (generation {generation}): answered at {seconds}.{rest:03}"
        ),
        _ => {
            let error = Error::from_code(hold.error as usize).unwrap_or(Error::Protocol);
            writeln!(
                out,
                "call to aux-parent (generation {generation}): ended at {seconds}.{rest:03}: {error}"
            )
        }
    };
    true
}
