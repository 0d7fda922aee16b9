//! `devices`, `bind`, `unbind`.

use crate::run::say::failed;
use crate::run::tasks::until;
use crate::session::Session;
use core::fmt::Write;
use leasehold_abi::{Error, TaskInfo};
use userlib::supervisor::{DeviceInfo, DeviceKind, DeviceName, DeviceState};
use userlib::sys;

/// How long binding and unbinding may take, in milliseconds.
const PATIENCE: u64 = 2000;

/// The console's task: without it there is no shell.
const CONSOLE: &str = "console";

/// The device of this name.
fn named(session: &mut Session, name: &str) -> Result<DeviceInfo, Error> {
    let mut index = 0;
    loop {
        let info = session.supervisor.device(index)?;
        if info.name == *name {
            return Ok(info);
        }
        index += 1;
    }
}

/// The task that the manifest names for a device.
fn driver(info: &DeviceInfo) -> Option<TaskInfo> {
    sys::task_info(info.task.get()? as usize).ok()
}

/// State of the device of this name.
fn state(session: &mut Session, name: &str) -> Option<DeviceState> {
    Some(named(session, name).ok()?.state)
}

pub(crate) fn list(session: &mut Session) -> bool {
    let _ = writeln!(
        session.screen,
        "{:<22} {:<9} {:<10} {:<12} LEASE",
        "DEVICE", "WHERE", "STATE", "DRIVER"
    );
    let mut index = 0;
    while let Ok(info) = session.supervisor.device(index) {
        let out = &mut session.screen;
        let _ = write!(out, "{:<22} ", info.name);
        let _ = match info.kind {
            DeviceKind::Chip => write!(out, "chip     "),
            DeviceKind::Auxiliary => write!(out, "auxiliary"),
            DeviceKind::Function => write!(out, "{}  ", info.address),
        };
        let _ = write!(out, " {:<10} ", info.state.text());
        let _ = match driver(&info) {
            Some(task) => write!(out, "{:<12}", task.name),
            None => write!(out, "{:<12}", "-"),
        };
        let _ = match info.lease.get() {
            Some(lease) => writeln!(out, " {lease:?}"),
            None => writeln!(out, " -"),
        };
        index += 1;
    }
    true
}

/// What `bind` and `unbind` say when the supervisor refuses.
fn refused(session: &mut Session, verb: &str, name: &str, error: Error) -> bool {
    let known = state(session, name).is_some();
    let out = &mut session.screen;
    let _ = match (error, verb) {
        (Error::NotFound, "bind") if known => {
            writeln!(out, "the manifest names no driver for '{name}'")
        }
        (Error::NotFound, _) => writeln!(out, "no device '{name}'; 'devices' lists them"),
        (Error::Busy, _) => writeln!(out, "'{name}' is {verb} already"),
        _ => return failed(out, format_args!("{verb} {name}"), error),
    };
    false
}

pub(crate) fn bind(session: &mut Session, name: &str) -> bool {
    if let Err(error) = session.supervisor.bind(DeviceName::new(name)) {
        let verb = if error == Error::Busy {
            "bound"
        } else {
            "bind"
        };
        return refused(session, verb, name, error);
    }
    if until(session, PATIENCE, |session| {
        state(session, name) == Some(DeviceState::Bound)
    }) {
        let _ = writeln!(session.screen, "{name} is bound");
        return true;
    }
    let waits = match state(session, name) {
        Some(DeviceState::Waiting) => "its driver does not run; 'ps' says why",
        Some(DeviceState::Refused) => "its driver refuses it; 'log' says why",
        _ => Error::TimedOut.text(),
    };
    let _ = writeln!(session.screen, "bind {name}: {waits}");
    false
}

pub(crate) fn unbind(session: &mut Session, name: &str) -> bool {
    if let Ok(info) = named(session, name) {
        let carries = driver(&info).is_some_and(|task| task.name == *CONSOLE);
        if carries {
            let _ = writeln!(session.screen, "'{name}' carries this shell, so no");
            return false;
        }
    }
    if state(session, name) == Some(DeviceState::NoDriver) {
        return refused(session, "bind", name, Error::NotFound);
    }
    if let Err(error) = session.supervisor.unbind(DeviceName::new(name)) {
        let verb = if error == Error::Busy {
            "unbound"
        } else {
            "unbind"
        };
        return refused(session, verb, name, error);
    }
    // If its parent unbinds meanwhile, an auxiliary device no longer exists.
    let gone = |session: &mut Session| {
        !matches!(
            state(session, name),
            Some(DeviceState::Bound | DeviceState::Ending)
        )
    };
    if until(session, PATIENCE, gone) {
        let _ = writeln!(session.screen, "{name} is unbound");
        true
    } else {
        failed(
            &mut session.screen,
            format_args!("unbind {name}"),
            Error::TimedOut,
        )
    }
}
