//! Types at the demo's shell and reads its answers.

use crate::allowance::Allowance;
use crate::build::Bootable;
use crate::guest::{Event, Guest};
use crate::machine::Line;
use crate::qemu::Clock;
use crate::symbols::Symbols;
use anyhow::{Result, bail, ensure};
use std::process::Command;
use std::time::Duration;

/// How long of its own time the machine may take to boot, and for each line if nobody says otherwise.
const LIMIT: Duration = Duration::from_secs(60);

/// How often a line is typed that is to say something in the end.
const LOOKS: usize = 600;

/// The shell's prompts.
const PROMPTS: [&str; 2] = ["leasehold> ", "leasehold [failed]> "];

/// What came back for a line, and whether the shell calls it a success.
pub(crate) type Answer = Result<(Vec<String>, bool)>;

/// The demo's shell on the serial line.
pub(crate) struct Shell {
    guest: Guest,
    /// How long of its own time the machine may take for each line.
    pub(crate) limit: Duration,
}

impl Shell {
    /// Boots the demo by this clock; its prompt is still to come.
    pub(crate) fn start(bootable: &Bootable, clock: Clock) -> Result<Self> {
        let command = bootable.command(clock, Line::Pipes)?;
        Self::run(&command, bootable.symbols.clone())
    }

    /// The same, by a command of one's own.
    pub(crate) fn run(command: &Command, symbols: Symbols) -> Result<Self> {
        let guest = Guest::start(command, symbols)?;
        Ok(Self {
            guest,
            limit: LIMIT,
        })
    }

    /// Boots the demo and waits for its prompt. Its clock counts instructions, so everything takes the same time on
    /// every host.
    pub(crate) fn boot(bootable: &Bootable) -> Result<Self> {
        let mut shell = Self::start(bootable, Clock::STEADY)?;
        shell.until_prompt()?;
        Ok(shell)
    }

    /// Types all lines ahead, so no time passes between an answer and the next line, however busy this machine is.
    /// Returns an answer for each.
    ///
    /// An answer is the text between the echo of its line and the echo of the next. A log line removes the prompt, and
    /// the shell prints it again, with the part of the next line that it has read.
    pub(crate) fn lines(&mut self, lines: &[&str]) -> Result<Vec<Answer>> {
        self.guest.send_all(lines)?;
        let mut answers: Vec<Answer> = Vec::new();
        let mut answer: Option<Vec<String>> = None;
        let mut succeeded = true;
        while answers.len() < lines.len() {
            // Echoes that were seen: those of the answers, and that of the one that is being given.
            let next = lines.get(answers.len() + usize::from(answer.is_some()));
            match self.guest.next_within(self.limit)? {
                Event::Line(line) => {
                    let typed = PROMPTS.iter().find_map(|prompt| line.strip_prefix(prompt));
                    if typed.is_some() {
                        succeeded = line.starts_with(PROMPTS[0]);
                    }
                    if next.is_some_and(|next| typed.unwrap_or(&line) == *next) {
                        answers.extend(answer.replace(Vec::new()).map(|all| Ok((all, succeeded))));
                    } else if let (None, Some(answer)) = (typed, &mut answer) {
                        answer.push(line);
                    }
                }
                Event::Record(_) => {}
                Event::Prompt { failed } => {
                    succeeded = !failed;
                    if next.is_none() {
                        answers.extend(answer.take().map(|all| Ok((all, succeeded))));
                    }
                }
                Event::End => bail!("the machine ended in `{}`", lines[answers.len()]),
                Event::TimedOut => bail!("hung in `{}`", lines[answers.len()]),
            }
        }
        Ok(answers)
    }

    /// Types lines that must succeed; what they say.
    pub(crate) fn good(&mut self, lines: &[&str]) -> Result<Vec<String>> {
        let mut all = Vec::new();
        for (line, answer) in lines.iter().zip(self.lines(lines)?) {
            let (said, succeeded) = answer?;
            ensure!(succeeded, "`{line}` failed: {}", said.join("\n"));
            all.extend(said);
        }
        Ok(all)
    }

    /// Types a line again and again, a twentieth of a second of the board's time after its last answer, until an answer
    /// has what is looked for.
    ///
    /// # Errors
    /// When it fails, or never says that.
    pub(crate) fn until(&mut self, line: &str, found: impl Fn(&[String]) -> bool) -> Result<()> {
        let mut said = Vec::new();
        for _ in 0..LOOKS {
            said = self.good(&[line])?;
            if found(&said) {
                return Ok(());
            }
            self.good(&["sleep 50"])?;
        }
        bail!("`{line}` says in the end: {}", said.join("\n"))
    }

    /// What the machine says until its shell asks.
    pub(crate) fn until_prompt(&mut self) -> Answer {
        let mut lines = Vec::new();
        let mut allowance = Allowance::new(LIMIT);
        loop {
            match self.guest.next(&mut allowance)? {
                Event::Line(line) => lines.push(line),
                Event::Record(_) => {}
                Event::Prompt { failed } => return Ok((lines, !failed)),
                Event::End => bail!("the machine ended: {}", lines.join("\n")),
                Event::TimedOut => bail!("hung: {}", lines.join("\n")),
            }
        }
    }

    /// Types the shell's last line.
    ///
    /// # Errors
    /// When the machine does not turn off, or says that something failed.
    pub(crate) fn power_off(&mut self) -> Result<()> {
        self.guest.send("poweroff")?;
        let mut allowance = Allowance::new(LIMIT);
        loop {
            match self.guest.next(&mut allowance)? {
                Event::Line(_) | Event::Record(_) | Event::Prompt { .. } => {}
                Event::TimedOut => bail!("the machine does not turn off"),
                Event::End => break,
            }
        }
        let status = self.guest.wait()?;
        ensure!(status.success(), "the machine ended with {status}");
        Ok(())
    }
}
