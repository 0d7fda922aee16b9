//! Running a command. Each gives whether it succeeded, and has said so if it did not.

mod board;
mod devices;
mod drivers;
mod leases;
mod tasks;

use crate::command::{Command, ENTRIES, Needs};
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
        Command::Light(bits) => board::light(session, bits),
        Command::Buttons => board::buttons(session),
        Command::Timer(time) => board::timer(session, time),
        Command::Ethernet => board::ethernet(session),
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

/// Says why a driver gave no answer, or that there is none.
fn unanswered(session: &mut Session, needs: &Needs, error: Error) -> bool {
    let screen = &mut session.screen;
    match tasks::find(needs.task) {
        None => {
            let _ = writeln!(screen, "this board has no {}", needs.what);
        }
        Some((_, info)) if error == Error::Dead && info.starts == 0 => {
            let _ = writeln!(
                screen,
                "{} does not run: its device is not there",
                needs.task
            );
        }
        Some(_) => return failed(screen, needs.task, error),
    }
    false
}

/// The commands, those that the board has nothing for apart.
fn help(screen: &mut Screen) -> bool {
    let lacks = |needs: &Needs| tasks::find(needs.task).is_none();
    let mut lacking = heapless::String::<64>::new();
    for entry in ENTRIES {
        if entry.needs.is_some_and(lacks) {
            // All of them fit; see the table.
            let _ = write!(lacking, " {}", entry.name);
            continue;
        }
        let mut call = heapless::String::<24>::new();
        // The longest of them fits; see the table.
        let _ = write!(call, "{} {}", entry.name, entry.arguments);
        let _ = writeln!(screen, "  {call:<16} {}", entry.summary);
    }
    if !lacking.is_empty() {
        let _ = writeln!(screen, "this board has no devices for:{lacking}");
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
