//! The table of commands. Each has one entry: its arguments, its description, and its function.

use crate::arguments::{Ready, Takes, Wrong};
use crate::needs::{BUTTONS, CLOCK, EDU, ETHERNET, LEDS, Needs, TIMER};
use crate::run::{board, devices, drivers, leases, lookup, machine, tasks};
use crate::session::Session;
use core::fmt::{self, Write};
use userlib::text::Text;

/// A command.
#[derive(Debug)]
pub struct Command {
    /// The first word.
    pub name: &'static str,
    /// What follows it, and the function.
    pub takes: Takes<Session>,
    /// What it does.
    pub summary: &'static str,
    /// The device that it is about, where not every board has it.
    pub needs: Option<&'static Needs>,
}

const fn on_all(name: &'static str, takes: Takes<Session>, summary: &'static str) -> Command {
    Command {
        name,
        takes,
        summary,
        needs: None,
    }
}

const fn about(
    needs: &'static Needs,
    name: &'static str,
    takes: Takes<Session>,
    summary: &'static str,
) -> Command {
    Command {
        needs: Some(needs),
        ..on_all(name, takes, summary)
    }
}

/// Most milliseconds that a command may wait.
const MOST_WAIT: u32 = 60_000;

/// All of them, in the order of the help.
#[rustfmt::skip]
static COMMANDS: &[Command] = &[
    on_all("help", Takes::Nothing(help), "this list"),
    on_all("ps", Takes::Nothing(tasks::list), "the tasks: state, starts, leases, stack, last fault"),
    on_all("devices", Takes::Nothing(devices::list), "the devices and who binds them"),
    on_all("leases", Takes::Nothing(leases::draw), "the tree of leases, with resources, rights, generations"),
    on_all("restart", Takes::Word("TASK", tasks::restart), "stop a task and start it again, also from quarantine"),
    on_all("crash", Takes::Word("TASK", tasks::crash), "make a task panic"),
    on_all("bind", Takes::Word("DEVICE", devices::bind), "let a device be bound again"),
    on_all("unbind", Takes::Word("DEVICE", devices::unbind), "take a device from its driver"),
    about(&EDU, "fact", Takes::Number("N", u32::MAX, drivers::factorial), "N! modulo 2^32, computed by edu"),
    about(&EDU, "dma", Takes::Number("N", u32::MAX, drivers::transfer), "send N bytes (1 to 4095) to edu by DMA, back again, and compare"),
    on_all("aux", Takes::Either("hold", MOST_WAIT, drivers::auxiliary, drivers::hold), "what the auxiliary child sees; hold: it calls its parent for MS"),
    about(&LEDS, "leds", Takes::Number("BITS", 0b11, board::light), "light these LEDs (0 to 3) and no others"),
    about(&BUTTONS, "buttons", Takes::Nothing(board::buttons), "the board's buttons and counters"),
    about(&TIMER, "timer", Takes::Number("MS", 10_000, board::timer), "have the board's timer interrupt after MS (1 to 10000)"),
    about(&ETHERNET, "eth", Takes::Nothing(board::ethernet), "what the Ethernet controller says it is"),
    about(&CLOCK, "date", Takes::Nothing(drivers::date), "the date, from the real-time clock"),
    on_all("uptime", Takes::Nothing(machine::uptime), "time since boot"),
    on_all("log", Takes::Nothing(machine::log), "the log"),
    on_all("chaos", Takes::Word("KIND", tasks::chaos), "misbehave: wild-read wild-write jump loop stack lease call"),
    on_all("sleep", Takes::Number("MS", MOST_WAIT, machine::sleep), "wait"),
    on_all("poweroff", Takes::MaybeNumber("CODE", 255, machine::power_off), "turn the machine off"),
];

/// Runs a line: its commands, separated by `;`, one after the other. Returns whether all of them succeeded; `None` if
/// there was none. An error of one is printed, and the others run.
pub fn run(session: &mut Session, line: &str) -> Option<bool> {
    let mut all = None;
    for part in line.split(';') {
        let succeeded = match parse(part) {
            Ok(None) => continue,
            Ok(Some(ready)) => ready.run(session),
            Err(wrong) => {
                let _ = writeln!(session.screen, "{wrong}");
                false
            }
        };
        all = Some(all.unwrap_or(true) && succeeded);
    }
    all
}

/// Reads one command; `None` where nothing stands.
fn parse(text: &str) -> Result<Option<Ready<'_, Session>>, Wrong<'_>> {
    let mut words = text.split_ascii_whitespace();
    let Some(name) = words.next() else {
        return Ok(None);
    };
    let place = COMMANDS.iter().position(|command| command.name == name);
    let place = place.ok_or(Wrong::Unknown(name))?;
    let arguments = [words.next(), words.next(), words.next()];
    let ready = COMMANDS[place].takes.read(arguments)?;
    ready.map(Some).ok_or(Wrong::Usage(place))
}

impl fmt::Display for Wrong<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(formatter, "no command '{name}'; 'help' lists them"),
            Self::Usage(place) => {
                let Command { name, takes, .. } = &COMMANDS[*place];
                match takes {
                    Takes::Nothing(_) => write!(formatter, "'{name}' takes no arguments"),
                    _ => write!(formatter, "usage: {name} {takes}"),
                }
            }
            Self::Number(word, most) => {
                write!(formatter, "'{word}' is not a number from 0 to {most}")
            }
        }
    }
}

/// The commands, those that the board has nothing for apart.
fn help(session: &mut Session) -> bool {
    let lacks = |command: &&Command| {
        command
            .needs
            .is_some_and(|needs| lookup::find(needs.task).is_none())
    };
    let screen = &mut session.screen;
    for command in COMMANDS.iter().filter(|command| !lacks(command)) {
        let call = Text::<24>::of(format_args!("{} {}", command.name, command.takes));
        let _ = writeln!(screen, "  {:<16} {}", call.as_str(), command.summary);
    }
    let mut lacking = COMMANDS.iter().filter(lacks).peekable();
    if lacking.peek().is_some() {
        let _ = screen.write_str("this board has no devices for:");
        for command in lacking {
            let _ = write!(screen, " {}", command.name);
        }
        let _ = writeln!(screen);
    }
    true
}

#[cfg(test)]
mod tests;
