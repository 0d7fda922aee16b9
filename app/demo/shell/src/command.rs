//! What can be typed, and what is wrong with what was.

use core::fmt;
use driver_interfaces::ChaosKind;

/// A command with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// List the commands.
    Help,
    /// List the tasks.
    Tasks,
    /// List the devices and who binds them.
    Devices,
    /// Draw the tree of leases.
    Leases,
    /// Stop a task and start it again.
    Restart(&'a str),
    /// Make a task panic.
    Crash(&'a str),
    /// Bind a device again.
    Bind(&'a str),
    /// Take a device from its driver.
    Unbind(&'a str),
    /// Have `edu` compute a factorial.
    Factorial(u32),
    /// Have `edu` send this many bytes out and back.
    Dma(usize),
    /// Ask the auxiliary child what it sees.
    Auxiliary,
    /// Have the child call its parent for this many milliseconds.
    Hold(u32),
    /// Light these LEDs.
    Light(u32),
    /// Show buttons and counters.
    Buttons,
    /// Have the board's timer interrupt after this many milliseconds.
    Timer(u32),
    /// Ask the Ethernet controller what it is.
    Ethernet,
    /// The date.
    Date,
    /// Time since boot.
    Uptime,
    /// The log.
    Log,
    /// Have `chaos` misbehave.
    Chaos(ChaosKind),
    /// Wait for this many milliseconds.
    Sleep(u32),
    /// Turn the machine off with this exit code.
    PowerOff(u8),
}

/// What is wrong with a line. It displays as one line for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong<'a> {
    /// There is no such command.
    Unknown(&'a str),
    /// Arguments are missing or too many.
    Usage(&'static Entry),
    /// Not a number in the range that the command takes.
    Number(&'a str, u32),
    /// Chaos of that kind is not on offer.
    Kind(&'a str),
}

/// A command's line in the help.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// The first word.
    pub name: &'static str,
    /// What follows it.
    pub arguments: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// The device that it is about, where not every board has it.
    pub needs: Option<&'static Needs>,
}

/// A device that a board may lack.
#[derive(Debug, PartialEq, Eq)]
pub struct Needs {
    /// The task that drives it: without it in the image, the board has no such device.
    pub task: &'static str,
    /// What it is, after "this board has no".
    pub what: &'static str,
}

/// The PCI device that computes.
pub static EDU: Needs = needs("edu", "edu device");

/// The real-time clock.
pub static CLOCK: Needs = needs("rtc", "real-time clock");

/// The LEDs.
pub static LEDS: Needs = needs("aux-leds", "LEDs");

/// Buttons and counters.
pub static BUTTONS: Needs = needs("aux-buttons", "buttons");

/// A timer beside the kernel's.
pub static TIMER: Needs = needs("timer", "timer for drivers");

/// The Ethernet controller.
pub static ETHERNET: Needs = needs("ethernet", "Ethernet controller");

const fn needs(task: &'static str, what: &'static str) -> Needs {
    Needs { task, what }
}

/// LEDs that a board may have, as bits.
pub const MOST_LEDS: u32 = 0b11;

/// Most milliseconds that `timer` takes.
pub const MOST_ALARM: u32 = 10_000;

/// Most milliseconds that `sleep` and `aux hold` take.
pub const MOST_MILLISECONDS: u32 = 60_000;

const fn entry(name: &'static str, arguments: &'static str, summary: &'static str) -> Entry {
    Entry {
        name,
        arguments,
        summary,
        needs: None,
    }
}

const fn about(
    needs: &'static Needs,
    name: &'static str,
    arguments: &'static str,
    summary: &'static str,
) -> Entry {
    Entry {
        needs: Some(needs),
        ..entry(name, arguments, summary)
    }
}

/// All commands, in the order of the help.
pub static ENTRIES: &[Entry] = &[
    entry("help", "", "this list"),
    entry("ps", "", "the tasks: state, starts, leases, last fault"),
    entry("devices", "", "the devices and who binds them"),
    entry(
        "leases",
        "",
        "the tree of leases, with resources, rights, generations",
    ),
    entry(
        "restart",
        "TASK",
        "stop a task and start it again, also from quarantine",
    ),
    entry("crash", "TASK", "make a task panic"),
    entry("bind", "DEVICE", "let a device be bound again"),
    entry("unbind", "DEVICE", "take a device from its driver"),
    about(&EDU, "fact", "N", "N! modulo 2^32, computed by edu"),
    about(
        &EDU,
        "dma",
        "N",
        "send N bytes (1 to 4095) to edu by DMA, back again, and compare",
    ),
    entry(
        "aux",
        "[hold MS]",
        "what the auxiliary child sees; hold: it calls its parent for MS",
    ),
    about(
        &LEDS,
        "leds",
        "BITS",
        "light these LEDs (0 to 3) and no others",
    ),
    about(&BUTTONS, "buttons", "", "the board's buttons and counters"),
    about(
        &TIMER,
        "timer",
        "MS",
        "have the board's timer interrupt after MS (1 to 10000)",
    ),
    about(
        &ETHERNET,
        "eth",
        "",
        "what the Ethernet controller says it is",
    ),
    about(&CLOCK, "date", "", "the date, from the real-time clock"),
    entry("uptime", "", "time since boot"),
    entry("log", "", "the log"),
    entry(
        "chaos",
        "KIND",
        "misbehave: wild-read wild-write jump loop stack lease call",
    ),
    entry("sleep", "MS", "wait"),
    entry("poweroff", "[CODE]", "turn the machine off"),
];

/// Names of the kinds of chaos.
pub static CHAOS: &[(&str, ChaosKind)] = &[
    ("wild-read", ChaosKind::WildRead),
    ("wild-write", ChaosKind::WildWrite),
    ("jump", ChaosKind::JumpIntoData),
    ("loop", ChaosKind::EndlessLoop),
    ("stack", ChaosKind::StackOverflow),
    ("lease", ChaosKind::ForgedLease),
    ("call", ChaosKind::ForbiddenCall),
];

/// Reads a line; `None` for one with nothing on it.
///
/// # Errors
/// What to tell the person who typed it.
pub fn parse(line: &str) -> Result<Option<Command<'_>>, Wrong<'_>> {
    let mut words = line.split_ascii_whitespace();
    let Some(name) = words.next() else {
        return Ok(None);
    };
    let Some(entry) = ENTRIES.iter().find(|entry| entry.name == name) else {
        return Err(Wrong::Unknown(name));
    };
    let usage = Wrong::Usage(entry);
    let arguments = (words.next(), words.next(), words.next());
    let command = match (name, arguments) {
        ("help", (None, ..)) => Command::Help,
        ("ps", (None, ..)) => Command::Tasks,
        ("devices", (None, ..)) => Command::Devices,
        ("leases", (None, ..)) => Command::Leases,
        ("restart", (Some(task), None, _)) => Command::Restart(task),
        ("crash", (Some(task), None, _)) => Command::Crash(task),
        ("bind", (Some(device), None, _)) => Command::Bind(device),
        ("unbind", (Some(device), None, _)) => Command::Unbind(device),
        ("fact", (Some(number), None, _)) => Command::Factorial(unsigned(number, u32::MAX)?),
        ("dma", (Some(number), None, _)) => Command::Dma(unsigned(number, u32::MAX)? as usize),
        ("aux", (None, ..)) => Command::Auxiliary,
        ("aux", (Some("hold"), Some(time), None)) => {
            Command::Hold(unsigned(time, MOST_MILLISECONDS)?)
        }
        ("leds", (Some(bits), None, _)) => Command::Light(unsigned(bits, MOST_LEDS)?),
        ("buttons", (None, ..)) => Command::Buttons,
        ("timer", (Some(time), None, _)) => Command::Timer(unsigned(time, MOST_ALARM)?),
        ("eth", (None, ..)) => Command::Ethernet,
        ("date", (None, ..)) => Command::Date,
        ("uptime", (None, ..)) => Command::Uptime,
        ("log", (None, ..)) => Command::Log,
        ("chaos", (Some(kind), None, _)) => {
            let found = CHAOS.iter().find(|(name, _)| *name == kind);
            Command::Chaos(found.ok_or(Wrong::Kind(kind))?.1)
        }
        ("sleep", (Some(time), None, _)) => Command::Sleep(unsigned(time, MOST_MILLISECONDS)?),
        ("poweroff", (None, ..)) => Command::PowerOff(0),
        ("poweroff", (Some(code), None, _)) => Command::PowerOff(unsigned(code, 255)? as u8),
        _ => return Err(usage),
    };
    Ok(Some(command))
}

/// A number in decimal, or in hexadecimal after `0x`.
fn unsigned(word: &str, most: u32) -> Result<u32, Wrong<'_>> {
    let parsed = match word.strip_prefix("0x") {
        Some(digits) if !digits.starts_with('+') => u32::from_str_radix(digits, 16),
        _ if word.starts_with('+') => return Err(Wrong::Number(word, most)),
        _ => word.parse(),
    };
    parsed
        .ok()
        .filter(|&number| number <= most)
        .ok_or(Wrong::Number(word, most))
}

impl fmt::Display for Wrong<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(formatter, "no command '{name}'; 'help' lists them"),
            Self::Usage(entry) if entry.arguments.is_empty() => {
                write!(formatter, "'{}' takes no arguments", entry.name)
            }
            Self::Usage(entry) => write!(formatter, "usage: {} {}", entry.name, entry.arguments),
            Self::Number(word, most) => {
                write!(formatter, "'{word}' is not a number from 0 to {most}")
            }
            Self::Kind(kind) => {
                write!(formatter, "no chaos of kind '{kind}'; there are")?;
                CHAOS
                    .iter()
                    .try_for_each(|(name, _)| write!(formatter, " {name}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_help_is_one() {
        for entry in ENTRIES {
            let argument = match entry.arguments {
                "" => "",
                "KIND" => "loop",
                _ if entry.name == "aux" => "hold 5",
                "BITS" => "2",
                _ => "7",
            };
            let line = format!("{} {argument}", entry.name);
            assert!(matches!(parse(&line), Ok(Some(_))), "{line}");
        }
    }

    #[test]
    fn arguments_are_read() {
        assert_eq!(
            parse("  crash   aux-parent "),
            Ok(Some(Command::Crash("aux-parent")))
        );
        assert_eq!(parse("fact 0x10"), Ok(Some(Command::Factorial(16))));
        assert_eq!(parse("poweroff"), Ok(Some(Command::PowerOff(0))));
        assert_eq!(parse("poweroff 3"), Ok(Some(Command::PowerOff(3))));
        assert_eq!(parse("aux hold 500"), Ok(Some(Command::Hold(500))));
        assert_eq!(
            parse("chaos jump"),
            Ok(Some(Command::Chaos(ChaosKind::JumpIntoData)))
        );
        assert_eq!(parse(""), Ok(None));
        assert_eq!(parse("   "), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_said_on_one_line() {
        let said = |line| match parse(line) {
            Err(wrong) => wrong.to_string(),
            Ok(command) => panic!("{line} is {command:?}"),
        };
        assert_eq!(said("pss"), "no command 'pss'; 'help' lists them");
        assert_eq!(said("ps x"), "'ps' takes no arguments");
        assert_eq!(said("crash"), "usage: crash TASK");
        assert_eq!(said("crash a b"), "usage: crash TASK");
        assert_eq!(
            said("fact five"),
            "'five' is not a number from 0 to 4294967295"
        );
        assert_eq!(said("fact -1"), "'-1' is not a number from 0 to 4294967295");
        assert_eq!(
            said("fact 0x+1"),
            "'0x+1' is not a number from 0 to 4294967295"
        );
        assert_eq!(
            said("fact 99999999999999999999"),
            "'99999999999999999999' is not a number from 0 to 4294967295"
        );
        assert_eq!(said("poweroff 256"), "'256' is not a number from 0 to 255");
        assert_eq!(said("aux hold"), "usage: aux [hold MS]");
        assert!(said("chaos x").starts_with("no chaos of kind 'x'; there are wild-read "));
        assert!(!said("chaos x").contains('\n'));
    }
}
