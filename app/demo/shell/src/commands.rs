//! The table of commands. Each has one entry: its arguments, its description, and its function.

use crate::arguments::{Ready, Takes, Wrong};
use crate::run::{auxiliary, call, devices, files, leases, machine, network, settings, tasks};
use crate::session::Session;
use core::fmt::{self, Write};
use userlib::text::Text;

/// A command.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// The first word.
    pub name: &'static str,
    /// What follows it, and the function.
    pub takes: Takes<Session>,
    /// What it does.
    pub summary: &'static str,
}

const fn command(name: &'static str, takes: Takes<Session>, summary: &'static str) -> Command {
    Command {
        name,
        takes,
        summary,
    }
}

/// Most milliseconds that a command may wait.
const MOST_WAIT: u32 = 60_000;

/// Whether the commands of the network are there.
const HAS_NETWORK: bool = userlib::setting!("network": u32 = 0) != 0;

/// Whether those of files are.
const HAS_FILES: bool = userlib::setting!("files": u32 = 0) != 0;

/// Those of every board, in the order of the help.
#[rustfmt::skip]
const PLAIN: [Command; 15] = [
    command("help", Takes::Nothing(help), "this list"),
    command("ps", Takes::Nothing(tasks::list), "the tasks: state, starts, leases, stack, last fault"),
    command("devices", Takes::Nothing(devices::list), "the devices and who binds them"),
    command("leases", Takes::Nothing(leases::draw), "the tree of leases, with resources, rights, generations"),
    command("restart", Takes::Word("TASK", tasks::restart), "stop a task and start it again, also from quarantine"),
    command("crash", Takes::Word("TASK", tasks::crash), "make a task panic"),
    command("bind", Takes::Word("DEVICE", devices::bind), "let a device be bound again"),
    command("unbind", Takes::Word("DEVICE", devices::unbind), "take a device from its driver"),
    command("call", Takes::Line("METHOD ...", call::call), "call TASK.METHOD with its arguments; call TASK lists its methods"),
    command("aux", Takes::Either("hold", MOST_WAIT, auxiliary::show, auxiliary::hold), "what the auxiliary child sees; hold: it calls its parent for MS"),
    command("uptime", Takes::Nothing(machine::uptime), "time since boot"),
    command("log", Takes::Nothing(machine::log), "the log"),
    command("chaos", Takes::Word("KIND", tasks::chaos), "misbehave: wild-read wild-write jump loop stack lease call"),
    command("sleep", Takes::Number("MS", MOST_WAIT, machine::sleep), "wait"),
    command("poweroff", Takes::MaybeNumber("CODE", 255, machine::power_off), "turn the machine off"),
];

/// Those of a board with a network.
#[rustfmt::skip]
const NETWORK: [Command; 5] = [
    command("net", Takes::Nothing(network::status), "the network: controller, addresses, frames"),
    command("ping", Takes::Word("ADDRESS", network::ping), "send echo requests"),
    command("connect", Takes::Line("ADDRESS:PORT ...", network::connect), "send a line there, and show the answer"),
    command("fetch", Takes::Line("URL [TASK MS]", network::fetch), "get a page; crash TASK every MS meanwhile"),
    command("post", Takes::Line("URL BYTES [TASK MS]", network::post), "send so many bytes, likewise"),
];

/// Those of a board with a disk.
#[rustfmt::skip]
const FILES: [Command; 7] = [
    command("ls", Takes::Nothing(files::list), "the files on the disk, with their bytes"),
    command("cat", Takes::Word("FILE", files::show), "show a file"),
    command("write", Takes::Line("FILE TEXT", files::write), "write a line into a file, in place of what it has"),
    command("rm", Takes::Word("FILE", files::remove), "remove a file"),
    command("df", Takes::Nothing(files::space), "room on the disk"),
    command("settings", Takes::Nothing(settings::list), "the settings, which the disk keeps"),
    command("set", Takes::Line("NAME VALUE", settings::set), "change a setting"),
];

/// Which there are, in the order of the help.
const PARTS: [(bool, &[Command]); 3] =
    [(true, &PLAIN), (HAS_NETWORK, &NETWORK), (HAS_FILES, &FILES)];

/// How many there are.
const COUNT: usize = {
    let (mut count, mut part) = (0, 0);
    while part < PARTS.len() {
        count += if PARTS[part].0 {
            PARTS[part].1.len()
        } else {
            0
        };
        part += 1;
    }
    count
};

/// All of them. Without a network or a disk, nothing of its commands is in the program.
static COMMANDS: [Command; COUNT] = {
    let mut all = [PLAIN[0]; COUNT];
    let (mut at, mut part) = (0, 0);
    while part < PARTS.len() {
        let (is_there, commands) = PARTS[part];
        let mut place = 0;
        while is_there && place < commands.len() {
            all[at] = commands[place];
            at += 1;
            place += 1;
        }
        part += 1;
    }
    all
};

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
    let text = text.trim_ascii();
    if text.is_empty() {
        return Ok(None);
    }
    let end = text.bytes().position(|byte| byte.is_ascii_whitespace());
    let (name, rest) = text
        .split_at_checked(end.unwrap_or(text.len()))
        .unwrap_or((text, ""));
    let place = COMMANDS.iter().position(|command| command.name == name);
    let place = place.ok_or(Wrong::Unknown(name))?;
    let ready = COMMANDS[place].takes.read(rest)?;
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

/// The commands.
fn help(session: &mut Session) -> bool {
    for command in &COMMANDS {
        let call = Text::<24>::of(format_args!("{} {}", command.name, command.takes));
        let _ = writeln!(
            session.screen,
            "  {:<16} {}",
            call.as_str(),
            command.summary
        );
    }
    true
}

#[cfg(test)]
mod tests;
