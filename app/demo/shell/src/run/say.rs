//! How commands say that they did not succeed.

use crate::run::lookup::find;
use crate::screen::Screen;
use crate::session::Session;
use core::fmt::{Display, Write};
use leasehold_abi::Error;
use userlib::supervisor::Care;

/// Says why a command failed.
pub(super) fn failed(screen: &mut Screen, what: impl Display, error: Error) -> bool {
    let _ = writeln!(screen, "{what}: {error}");
    false
}

/// Says that there is no such task.
pub(super) fn no_task(session: &mut Session, name: &str) -> bool {
    let _ = writeln!(session.screen, "no task '{name}'; 'ps' lists them");
    false
}

/// Says why a driver gave no answer, or that there is none.
pub(super) fn unanswered(session: &mut Session, task: &str, error: Error) -> bool {
    match find(task) {
        Some((index, _)) => gone(session, task, index, error),
        None => no_task(session, task),
    }
}

/// Says why a task gave no answer.
pub(super) fn gone(session: &mut Session, task: &str, index: usize, error: Error) -> bool {
    let gone = matches!(error, Error::Dead | Error::Unbound);
    let care = session.supervisor.care(index as u32);
    let screen = &mut session.screen;
    let _ = match care {
        Ok(Care::Quarantined) if gone => {
            writeln!(
                screen,
                "{task} is in quarantine; 'restart {task}' starts it"
            )
        }
        Ok(Care::Waiting) if gone => writeln!(screen, "{task} crashed, and will start again"),
        Ok(Care::Left) if gone => writeln!(screen, "{task} ended, and stays so"),
        Ok(Care::Idle) if gone => writeln!(screen, "{task} does not run: its device is not there"),
        _ => return failed(screen, task, error),
    };
    false
}
