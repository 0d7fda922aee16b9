//! Running a command. Each gives whether it succeeded, and has said so if it did not.

mod devices;
mod drivers;
mod leases;
mod tasks;

use crate::command::{Command, ENTRIES};
use crate::screen::{Screen, pause};
use crate::session::Session;
use core::fmt::Write;
use leasehold_abi::Error;
use userlib::time;

/// Runs one command.
pub fn command(session: &mut Session, command: Command<'_>) -> bool {
    match command {
        Command::Help => help(&mut session.screen),
        Command::Tasks => tasks::list(session),
        Command::Devices => devices::list(session),
        Command::Leases => leases::draw(session),
        Command::Restart(name) => tasks::restart(session, name),
        Command::Crash(name) => tasks::crash(session, name),
        Command::Bind(name) => devices::bind(session, name),
        Command::Unbind(name) => devices::unbind(session, name),
        Command::Factorial(number) => drivers::factorial(session, number),
        Command::Dma(count) => drivers::transfer(session, count),
        Command::Auxiliary => drivers::auxiliary(session),
        Command::Hold(time) => drivers::hold(session, time),
        Command::Date => drivers::date(session),
        Command::Uptime => uptime(&mut session.screen),
        Command::Log => {
            session.show_whole_log();
            true
        }
        Command::Chaos(kind) => tasks::chaos(session, kind),
        Command::Sleep(time) => {
            session.screen.flush();
            pause(u64::from(time));
            true
        }
        Command::PowerOff(code) => power_off(session, code),
    }
}

/// Says why a command failed.
fn failed(screen: &mut Screen, what: impl core::fmt::Display, error: Error) -> bool {
    let _ = writeln!(screen, "{what}: {error}");
    false
}

/// A name without its padding.
fn text(name: &[u8]) -> &str {
    let length = name
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(name.len());
    core::str::from_utf8(&name[..length]).unwrap_or("?")
}

fn help(screen: &mut Screen) -> bool {
    for entry in ENTRIES {
        let mut call = heapless::String::<24>::new();
        // The longest of them fits; see the table.
        let _ = write!(call, "{} {}", entry.name, entry.arguments);
        let _ = writeln!(screen, "  {call:<16} {}", entry.summary);
    }
    true
}

fn uptime(screen: &mut Screen) -> bool {
    let milliseconds = time::milliseconds();
    let seconds = milliseconds / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let (seconds, rest) = (seconds % 60, milliseconds % 1000);
    let _ = writeln!(
        screen,
        "up {days} d {hours:02}:{minutes:02}:{seconds:02}.{rest:03}"
    );
    true
}

fn power_off(session: &mut Session, code: u8) -> bool {
    session.show_log();
    session.screen.drain();
    match session.supervisor.poweroff(u32::from(code)) {
        Ok(()) => true,
        Err(error) => failed(&mut session.screen, "poweroff", error),
    }
}
