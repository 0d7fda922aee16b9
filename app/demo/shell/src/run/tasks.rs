//! `ps`, `restart`, `crash`, `chaos`.

use crate::format::StackText;
use crate::run::lookup::find;
use crate::run::say::{failed, no_task, unanswered};
use crate::screen::{Screen, pause};
use crate::session::Session;
use core::fmt::Write;
use driver_interfaces::ChaosKind;
use leasehold_abi::{Error, FaultKind, MAX_TASKS, TaskInfo, TaskState};
use userlib::supervisor::{self, Care, FaultText, Name};
use userlib::sys;

/// How long a task may take to end or to start, in milliseconds.
const PATIENCE: u64 = 2000;

/// Between two looks, in milliseconds.
const STEP: u64 = 2;

/// How long `chaos` may take for what does not end it, in milliseconds.
const CHAOS_TIME: u64 = 40;

/// How long `chaos` may take to finish its previous order, in milliseconds.
const BUSY_TIME: u64 = 500;

pub(crate) fn list(session: &mut Session) -> bool {
    let out = &mut session.screen;
    let _ = writeln!(
        out,
        "{:>2} {:<12} {:<11} {:>4} {:>6} {:>4} {:>4} {:>11}  LAST FAULT",
        "#", "TASK", "STATE", "GEN", "STARTS", "HELD", "LENT", "STACK"
    );
    for index in 0..MAX_TASKS {
        let Ok(info) = sys::task_info(index) else {
            break;
        };
        let state = match session.supervisor.care(index as u32) {
            Ok(Care::Quarantined) => "quarantine",
            Ok(Care::Waiting) => "backing off",
            Ok(Care::Left) => "ended",
            _ => info.state.text(),
        };
        let stack = StackText(session.supervisor.stack(index as u32).ok());
        let out = &mut session.screen;
        let generation = info.handle.generation();
        let _ = write!(
            out,
            "{index:>2} {:<12} {state:<11} {generation:>4} {:>6} {:>4} {:>4} {stack:>11}  ",
            info.name, info.starts, info.leases_held, info.leases_lent
        );
        fault(out, &info);
        let _ = out.write_str("\r\n");
    }
    true
}

/// The last fault of a task, which may have been in a life before.
fn fault(out: &mut Screen, info: &TaskInfo) {
    let _ = match info.fault {
        FaultKind::None => out.write_str("-"),
        FaultKind::Panic => write!(out, "panic: {}", info.message),
        kind @ (FaultKind::Stopped | FaultKind::LeaseOverstayed) => out.write_str(kind.text()),
        _ => write!(out, "{}", FaultText(info)),
    };
}

/// The task of this name; says so when there is none.
fn named(session: &mut Session, name: &str) -> Option<(usize, TaskInfo)> {
    let found = find(name);
    if found.is_none() {
        no_task(session, name);
    }
    found
}

/// Whether the life in `before` is over.
fn has_ended(index: usize, before: &TaskInfo) -> bool {
    sys::task_info(index).is_ok_and(|now| {
        now.has_ended() || now.handle != before.handle || now.starts != before.starts
    })
}

/// Waits until `condition` holds; false when it takes too long.
pub(crate) fn until(
    session: &mut Session,
    time: u64,
    mut condition: impl FnMut(&mut Session) -> bool,
) -> bool {
    session.screen.flush();
    for _ in 0..time / STEP {
        if condition(session) {
            return true;
        }
        pause(STEP);
    }
    condition(session)
}

/// What `crash` and `restart` say when the supervisor refuses.
fn refused(session: &mut Session, verb: &str, name: &str, error: Error) -> bool {
    let reason = match error {
        Error::Denied if name == supervisor::NAME => "everything hangs on it, so no",
        Error::Busy => "it is not running",
        _ => error.text(),
    };
    let _ = writeln!(session.screen, "{verb} {name}: {reason}");
    false
}

pub(crate) fn crash(session: &mut Session, name: &str) -> bool {
    let Some((index, before)) = named(session, name) else {
        return false;
    };
    if let Err(error) = session.supervisor.crash(Name::new(name)) {
        return refused(session, "crash", name, error);
    }
    if until(session, PATIENCE, |_| has_ended(index, &before)) {
        let _ = writeln!(
            session.screen,
            "{name} of generation {} is gone",
            before.handle.generation()
        );
        true
    } else {
        failed(&mut session.screen, name, Error::TimedOut)
    }
}

pub(crate) fn restart(session: &mut Session, name: &str) -> bool {
    let Some((index, before)) = named(session, name) else {
        return false;
    };
    if let Err(error) = session.supervisor.restart(Name::new(name)) {
        return refused(session, "restart", name, error);
    }
    let again =
        |_: &mut Session| sys::task_info(index).is_ok_and(|now| now.starts != before.starts);
    if !until(session, PATIENCE, again) {
        return failed(
            &mut session.screen,
            format_args!("restart {name}"),
            Error::TimedOut,
        );
    }
    let generation = sys::task_info(index).map_or(0, |now| now.handle.generation());
    let _ = writeln!(session.screen, "{name} runs again, generation {generation}");
    true
}

/// Names of the kinds of chaos.
static CHAOS: &[(&str, ChaosKind)] = &[
    ("wild-read", ChaosKind::WildRead),
    ("wild-write", ChaosKind::WildWrite),
    ("jump", ChaosKind::JumpIntoData),
    ("loop", ChaosKind::EndlessLoop),
    ("stack", ChaosKind::StackOverflow),
    ("lease", ChaosKind::ForgedLease),
    ("call", ChaosKind::ForbiddenCall),
];

pub(crate) fn chaos(session: &mut Session, kind: &str) -> bool {
    const NAME: &str = "chaos";
    let Some(&(_, kind)) = CHAOS.iter().find(|(name, _)| *name == kind) else {
        let _ = write!(session.screen, "no chaos of kind '{kind}'; there are");
        for (name, _) in CHAOS {
            let _ = write!(session.screen, " {name}");
        }
        let _ = writeln!(session.screen);
        return false;
    };
    let Some((index, _)) = named(session, NAME) else {
        return false;
    };
    let listens =
        |_: &mut Session| sys::task_info(index).is_ok_and(|now| now.state != TaskState::Ready);
    if !until(session, BUSY_TIME, listens) {
        let _ = writeln!(
            session.screen,
            "{NAME} is busy with what it was told before; 'restart {NAME}' ends that"
        );
        return false;
    }
    let Some((_, before)) = named(session, NAME) else {
        return false;
    };
    if let Err(error) = sys::notify(before.handle, kind.notification()) {
        return unanswered(session, NAME, error);
    }
    if until(session, CHAOS_TIME, |_| has_ended(index, &before)) {
        let out = &mut session.screen;
        let _ = write!(out, "{NAME}: ");
        if let Ok(info) = sys::task_info(index) {
            fault(out, &info);
        }
        let _ = out.write_str("; everybody else goes on\r\n");
    } else if kind == ChaosKind::EndlessLoop {
        let _ = writeln!(
            session.screen,
            "{NAME} loops, below everybody else; 'restart {NAME}' ends it"
        );
    }
    true
}
