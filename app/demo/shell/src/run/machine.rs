//! `uptime`, `log`, `sleep`, `poweroff`.

use crate::run::say::failed;
use crate::screen::pause;
use crate::session::Session;
use core::fmt::Write;
use userlib::time;

pub(crate) fn uptime(session: &mut Session) -> bool {
    let milliseconds = time::milliseconds();
    let seconds = milliseconds / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let (seconds, rest) = (seconds % 60, milliseconds % 1000);
    let _ = writeln!(
        session.screen,
        "up {days} d {hours:02}:{minutes:02}:{seconds:02}.{rest:03}"
    );
    true
}

pub(crate) fn log(session: &mut Session) -> bool {
    session.show_whole_log();
    true
}

pub(crate) fn sleep(session: &mut Session, milliseconds: u32) -> bool {
    session.screen.flush();
    pause(u64::from(milliseconds));
    true
}

pub(crate) fn power_off(session: &mut Session, code: u32) -> bool {
    session.show_log();
    session.screen.drain();
    match session.supervisor.poweroff(code) {
        Ok(()) => true,
        Err(error) => failed(&mut session.screen, "poweroff", error),
    }
}
