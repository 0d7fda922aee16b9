//! A running machine whose serial line is a pair of pipes.

use crate::allowance::{Allowance, Meter};
use crate::annotate::Annotator;
use crate::command::{replaced, with_variables};
use crate::records::{Record, Records};
use crate::symbols::Symbols;
use crate::tools;
use anyhow::{Context, Result, bail, ensure};
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// The shell's prompts: after success, and after a failed line.
pub(crate) const PROMPT: &str = "leasehold> ";
const FAILED_PROMPT: &str = "leasehold [failed]> ";

/// The firmware's text for an illegal instruction of a task, printed in the middle of any line. The first text ends
/// without a newline, the others with one (OpenSBI 1.6, lib/sbi/sbi_illegal_insn.c).
const FIRMWARE: &str = "system_opcode_insn: ";
const FIRMWARE_OPEN: &str = "system_opcode_insn: Invalid opcode for CSR read/write instruction";
/// The bytes with which the shell removes a prompt from the line (without its carriage return).
const ERASED: &[u8] = b"\x1b[K";
/// How often the time used by a silent machine is read.
const LOOK: Duration = Duration::from_millis(500);

/// What the machine did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// It printed a line (without its end), here with the function at each `pc 0x…`.
    Line(String),
    /// It printed the shell's prompt.
    Prompt {
        /// The line before failed.
        failed: bool,
    },
    /// A program of it told something.
    Record(Record),
    /// It ended.
    End,
    /// It did nothing in the time allowed.
    TimedOut,
}

/// A running emulator; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Guest {
    child: Child,
    meter: Meter,
    input: ChildStdin,
    output: Receiver<Vec<u8>>,
    lines: Lines,
    symbols: Symbols,
    ended: bool,
}

impl Guest {
    /// Starts a program whose standard input and output are the serial line of a machine that runs an image with these
    /// symbols.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn start(command: &Command, symbols: Symbols) -> Result<Self> {
        let mut command = ends_with_this(command, "KILL");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", command.get_program().display()))?;
        let input = child.stdin.take().context("the pipe asked for")?;
        let mut pipe = child.stdout.take().context("the pipe asked for")?;
        let (sender, output) = channel();
        // The pipe must never be full, or the machine would stop.
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let meter = Meter::new(child.id());
        Ok(Self {
            child,
            meter,
            input,
            output,
            lines: Lines::default(),
            symbols,
            ended: false,
        })
    }

    /// Types a line.
    ///
    /// # Errors
    /// When the emulator is gone.
    pub(crate) fn send(&mut self, line: &str) -> Result<()> {
        self.send_all(&[line])
    }

    /// Types all lines at once. When a machine waits, its clock may jump; so the next line must be there before the
    /// machine waits for it.
    ///
    /// # Errors
    /// When the emulator is gone.
    pub(crate) fn send_all(&mut self, lines: &[&str]) -> Result<()> {
        let typed: String = lines.iter().map(|line| format!("{line}\r")).collect();
        self.input
            .write_all(typed.as_bytes())
            .and_then(|()| self.input.flush())
            .context("the machine takes no input any more")
    }

    /// The next event of the machine; its time is taken off the allowance.
    ///
    /// # Errors
    /// When it is the kernel that says that it cannot go on.
    pub(crate) fn next(&mut self, allowance: &mut Allowance) -> Result<Event> {
        let event = self.event(allowance);
        if let Event::Line(line) = &event {
            ensure!(!is_kernel_fault(line), "the kernel faulted: {line}");
        }
        Ok(event)
    }

    /// The next thing the machine does, if that takes it no longer than this.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    pub(crate) fn next_within(&mut self, time: Duration) -> Result<Event> {
        self.next(&mut Allowance::new(time))
    }

    /// The next line that it prints, or `None` when it has ended. What its shell asks and what its programs tell is
    /// passed over.
    ///
    /// # Errors
    /// When a line takes it longer than this, and as for [`next`](Self::next).
    pub(crate) fn line_within(&mut self, time: Duration) -> Result<Option<String>> {
        loop {
            match self.next_within(time)? {
                Event::Line(line) => return Ok(Some(line)),
                Event::Prompt { .. } | Event::Record(_) => {}
                Event::End => return Ok(None),
                Event::TimedOut => bail!("hung: {}", self.pending()),
            }
        }
    }

    /// The next event, even of a machine whose kernel cannot go on.
    pub(crate) fn event(&mut self, allowance: &mut Allowance) -> Event {
        let mut event = self.lines.next(self.ended);
        if event.is_none() {
            // Time in which nobody waited for the machine is not counted.
            self.meter.restart();
        }
        loop {
            if let Some(event) = event {
                return self.annotated(event);
            }
            if self.ended {
                return Event::End;
            }
            let received = allowance
                .left()
                .map(|left| self.output.recv_timeout(left.min(LOOK)));
            match received {
                Some(Ok(bytes)) => self.lines.push(&bytes),
                Some(Err(RecvTimeoutError::Timeout)) => {}
                Some(Err(RecvTimeoutError::Disconnected)) => self.ended = true,
                None => return Event::TimedOut,
            }
            allowance.charge(&mut self.meter);
            event = self.lines.next(self.ended);
        }
    }

    fn annotated(&self, event: Event) -> Event {
        match event {
            Event::Line(line) => {
                Event::Line(Annotator::line(&|address| self.symbols.at(address), &line))
            }
            other => other,
        }
    }

    /// What it printed of a line that has not ended.
    pub(crate) fn pending(&self) -> String {
        text(&self.lines.pending)
    }

    /// Ends the emulator at once, as a loss of power ends a machine; what it has printed is still to be read.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn cut(&mut self) -> Result<()> {
        self.child.kill().context("cannot end the emulator")
    }

    /// Waits for the emulator, whose output has ended.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        self.child.wait().context("cannot wait for the emulator")
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // It may have ended by itself; both calls then do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether the kernel says that it cannot go on (`kernel/src/panic.rs`, `kernel/src/log.rs`).
fn is_kernel_fault(line: &str) -> bool {
    ["leasehold: the kernel ", "leasehold: cannot boot"]
        .iter()
        .any(|words| line.contains(words))
}

/// A command whose program gets a signal when this program ends in any way; otherwise an emulator could run for ever
/// without a listener. `setpriv` (util-linux) requests that from the system and then becomes the program. Without
/// `setpriv`, only a [`Guest`] that is dropped ends it.
pub(crate) fn ends_with_this(command: &Command, signal: &str) -> Command {
    let Some(setpriv) = tools::find("setpriv") else {
        return replaced(command, |_| None).0;
    };
    let mut ending = Command::new(setpriv);
    ending
        .args(["--pdeathsig", signal, "--"])
        .arg(command.get_program())
        .args(command.get_args());
    with_variables(ending, command)
}

/// Output cut into lines and prompts.
#[derive(Debug, Default)]
struct Lines {
    pending: Vec<u8>,
    records: Records,
    told: VecDeque<Record>,
}

impl Lines {
    fn push(&mut self, bytes: &[u8]) {
        self.told
            .extend(self.records.sift(bytes, &mut self.pending));
        // The serial line ends lines with both; some messages come with one.
        self.pending.retain(|byte| *byte != b'\r');
    }

    /// Where a text of the firmware begins, and where it ends if it does.
    fn firmware(&self) -> Option<(usize, Option<usize>)> {
        let begins = |at: &usize| self.pending[*at..].starts_with(FIRMWARE.as_bytes());
        let at = (0..self.pending.len()).find(begins)?;
        let rest = &self.pending[at..];
        let end = if rest.starts_with(FIRMWARE_OPEN.as_bytes()) {
            Some(at + FIRMWARE_OPEN.len())
        } else {
            let newline = rest.iter().position(|byte| *byte == b'\n');
            newline.map(|length| at + length + 1)
        };
        Some((at, end))
    }

    fn next(&mut self, ended: bool) -> Option<Event> {
        if let Some(record) = self.told.pop_front() {
            return Some(Event::Record(record));
        }
        match self.firmware() {
            Some((at, Some(end))) => {
                let line: Vec<u8> = self.pending.drain(at..end).collect();
                return Some(Event::Line(text(line.trim_ascii_end())));
            }
            Some((_, None)) if !ended => return None,
            _ => {}
        }
        // The shell removes a prompt from the line to show the log; the prompt was there all the same.
        for (prompt, failed) in [(PROMPT, false), (FAILED_PROMPT, true)] {
            let rest = self.pending.strip_prefix(prompt.as_bytes());
            if rest.is_some_and(|rest| rest.starts_with(ERASED)) {
                self.pending.drain(..prompt.len() + ERASED.len());
                return Some(Event::Prompt { failed });
            }
        }
        if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.pending.drain(..=end).collect();
            return Some(Event::Line(text(&line[..end])));
        }
        for (prompt, failed) in [(PROMPT, false), (FAILED_PROMPT, true)] {
            if self.pending.ends_with(prompt.as_bytes()) {
                let before = self.pending.len() - prompt.len();
                if before > 0 {
                    let line: Vec<u8> = self.pending.drain(..before).collect();
                    return Some(Event::Line(text(&line)));
                }
                self.pending.clear();
                return Some(Event::Prompt { failed });
            }
        }
        if ended && !self.pending.is_empty() {
            return Some(Event::Line(text(&std::mem::take(&mut self.pending))));
        }
        None
    }
}

/// Printable text: without the terminal's escape sequences, which move a cursor nobody sees.
fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut plain = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' && characters.next_if_eq(&'[').is_some() {
            while characters
                .next()
                .is_some_and(|next| !next.is_ascii_alphabetic())
            {}
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(chunks: &[&str], ended: bool) -> Vec<Event> {
        let mut lines = Lines::default();
        let mut events = Vec::new();
        for chunk in chunks {
            lines.push(chunk.as_bytes());
            events.extend(std::iter::from_fn(|| lines.next(false)));
        }
        events.extend(std::iter::from_fn(|| lines.next(ended)));
        events
    }

    #[test]
    fn a_kernel_fault_is_told_from_a_task_fault() {
        assert!(is_kernel_fault(
            "leasehold> leasehold: the kernel faulted: read fault at 0x0, pc 0x0"
        ));
        assert!(is_kernel_fault(
            "leasehold: the kernel panicked: no such entry"
        ));
        assert!(is_kernel_fault(
            "leasehold: cannot boot: no room to map the tasks"
        ));
        assert!(!is_kernel_fault("leasehold: supervisor started"));
        assert!(!is_kernel_fault("supervisor: chaos: read fault at 0x0"));
    }

    /// The system watches the thread that starts a program. Here that thread ends before the test does.
    #[cfg(target_os = "linux")]
    #[test]
    fn an_emulator_does_not_outlive_who_started_it() {
        let start = || {
            let mut command = Command::new("sh");
            command.args(["-c", "echo $READY; exec sleep 60"]);
            command.env("READY", "ready");
            let mut child = ends_with_this(&command, "KILL")
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut said = [0; 6];
            child
                .stdout
                .as_mut()
                .unwrap()
                .read_exact(&mut said)
                .unwrap();
            assert_eq!(&said, b"ready\n");
            child
        };
        let mut child = std::thread::spawn(start).join().unwrap();
        let ends = (0..300).any(|_| {
            std::thread::sleep(Duration::from_millis(100));
            child.try_wait().unwrap().is_some()
        });
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(ends);
    }

    #[test]
    fn a_prompt_that_the_log_took_off_the_line_still_counts_once() {
        let line = |text: &str| Event::Line(text.to_owned());
        let expected = [
            line("ps"),
            Event::Prompt { failed: false },
            line("[    0.091] rtc: started again"),
            line("leasehold> date"),
            Event::Prompt { failed: true },
        ];
        let whole = "ps\r\nleasehold> \r\x1b[K[    0.091] rtc: started again\r\nleasehold\x1b[m> date\r\nleasehold [failed]> ";
        assert_eq!(events(&[whole], false), expected);
        let parts: Vec<String> = whole.chars().map(String::from).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let mut seen = events(&parts, false);
        seen.retain(|event| *event != line(""));
        assert_eq!(seen, expected);
    }

    #[test]
    fn lines_and_prompts_come_apart_however_they_are_cut() {
        let line = |text: &str| Event::Line(text.to_owned());
        let expected = [
            line("boot"),
            Event::Prompt { failed: false },
            line("ps"),
            Event::Prompt { failed: true },
        ];
        let whole = "boot\r\nleasehold> ps\r\nleasehold [failed]> ";
        let parts: Vec<String> = whole.chars().map(String::from).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        // In one piece the first prompt is not at the end: the typed line follows it.
        assert_eq!(events(&parts, false), expected);
        assert_eq!(
            events(
                &["boot\nlease", "hold> ", "ps\n", "leasehold [failed]> "],
                false
            ),
            expected
        );
    }

    #[test]
    fn a_text_of_the_firmware_at_any_place_hides_no_prompt() {
        let whole = "boot\nleasehold> ps\nleasehold [failed]> ";
        let plain = events(&[whole], false);
        let ended = "system_opcode_insn: Failed to access CSR 0x747 from U-mode\n";
        for noise in [FIRMWARE_OPEN, ended] {
            for at in 0..=whole.len() {
                let (before, after) = whole.split_at(at);
                let cut = format!("{before}{noise}{after}");
                let mut seen = events(&[&cut], false);
                let count = seen.len();
                seen.retain(|event| *event != Event::Line(noise.trim_end().to_owned()));
                assert_eq!(seen.len(), count - 1, "at {at}");
                assert_eq!(seen, plain, "at {at}");
            }
        }
    }

    #[test]
    fn what_stands_before_a_prompt_is_a_line() {
        let expected = [
            Event::Line("half".to_owned()),
            Event::Prompt { failed: false },
        ];
        assert_eq!(events(&["halfleasehold> "], false), expected);
    }

    #[test]
    fn an_end_without_a_newline_loses_nothing() {
        assert_eq!(
            events(&["last words"], true),
            [Event::Line("last words".to_owned())]
        );
        assert_eq!(events(&["last words"], false), []);
    }

    #[test]
    fn escape_sequences_are_taken_out() {
        assert_eq!(
            events(&["\u{1b}[2K\u{1b}[1;31mred\u{1b}[0m\n"], false),
            [Event::Line("red".to_owned())]
        );
    }
}
