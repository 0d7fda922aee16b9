//! The session: waits for input and for the log, runs the lines that come.

use crate::command;
use crate::editor::{Editor, Event, LINE_LENGTH};
use crate::run;
use crate::screen::{Screen, wait};
use core::fmt::Write;
use driver_interfaces::ConsoleClient;
use leasehold_abi::Error;
use userlib::supervisor::{NAME, SupervisorClient};

/// The notification that the console has input.
const INPUT: u32 = 1;

/// The notification that the log has new lines.
const LOG: u32 = 1 << 1;

/// The prompt after a command that succeeded.
const PROMPT: &str = "leasehold> ";

/// The prompt after a command that failed.
const PROMPT_FAILED: &str = "leasehold [failed]> ";

/// How often the console is asked in case its notification was lost with a life of it, in milliseconds.
const POLL: u64 = 500;

/// Bytes of log lines fetched at once.
const LOG_BYTES: usize = 480;

/// A person at a terminal.
#[derive(Debug)]
pub struct Session {
    /// Where output goes.
    pub screen: Screen,
    /// The supervisor.
    pub supervisor: SupervisorClient,
    editor: Editor,
    /// Number of the next log line to show.
    log: u64,
    prompt: &'static str,
}

impl Session {
    /// Finds everybody.
    ///
    /// # Errors
    /// `NotFound` when the image lacks a task that the shell needs.
    pub fn new() -> Result<Self, Error> {
        let mut supervisor = SupervisorClient::connect(NAME)?;
        let log = supervisor.watch_log(LOG)?;
        Ok(Self {
            screen: Screen::new(ConsoleClient::connect("console")?),
            supervisor,
            editor: Editor::new(),
            log,
            prompt: PROMPT,
        })
    }

    /// Serves the terminal for ever.
    pub fn serve(&mut self) -> ! {
        let _ = self
            .screen
            .write_str("\r\nLeasehold. 'help' lists the commands.\r\n");
        self.show_prompt();
        loop {
            self.read();
            self.screen.flush();
            let came = wait(INPUT | LOG, POLL);
            if came & LOG != 0 && self.log_has_more() {
                let _ = self.editor.hide(&mut self.screen);
                self.show_log();
                let _ = self.editor.redraw(&mut self.screen);
            }
        }
    }

    /// Takes all input that there is. Writing to the screen never fails, so nor does the editor.
    fn read(&mut self) {
        // A console that is gone comes back, and then it is told again.
        let _ = self.screen.console().watch(INPUT);
        let mut bytes = [0; 64];
        loop {
            let count = match self.screen.console().read_ready(&mut bytes) {
                Ok(count) if count > 0 => count as usize,
                _ => break,
            };
            for &byte in &bytes[..count.min(bytes.len())] {
                match self.editor.feed(byte, &mut self.screen) {
                    Ok(Event::Line) => self.line(),
                    Ok(Event::TooLong) => self.too_long(),
                    Ok(Event::Cancelled) => self.show_prompt(),
                    _ => {}
                }
            }
            self.screen.flush();
        }
    }

    fn line(&mut self) {
        let line = self.editor.take();
        let text = core::str::from_utf8(&line).unwrap_or("");
        let succeeded = match command::parse(text) {
            Ok(None) => self.prompt == PROMPT,
            Ok(Some(command)) => run::command(self, command),
            Err(wrong) => {
                let _ = writeln!(self.screen, "{wrong}");
                false
            }
        };
        self.prompt = if succeeded { PROMPT } else { PROMPT_FAILED };
        self.show_log();
        self.show_prompt();
    }

    fn too_long(&mut self) {
        let _ = writeln!(
            self.screen,
            "a line has at most {LINE_LENGTH} characters; this one was not run"
        );
        self.prompt = PROMPT_FAILED;
        self.show_prompt();
    }

    fn show_prompt(&mut self) {
        let _ = self.editor.show(self.prompt, &mut self.screen);
        self.screen.flush();
    }

    /// Whether there are lines that are not shown: those of a command are shown with it.
    fn log_has_more(&mut self) -> bool {
        let mut bytes = [0; LOG_BYTES];
        let cursor = self.log;
        self.supervisor
            .read_log(cursor, &mut bytes)
            .is_ok_and(|[_, count]| count > 0)
    }

    /// Shows the log lines that are new.
    pub fn show_log(&mut self) {
        let mut cursor = self.log;
        // As many rounds as a full log needs: a task that logs without end cannot hold this up.
        for _ in 0..64 {
            let mut bytes = [0; LOG_BYTES];
            let Ok([next, count]) = self.supervisor.read_log(cursor, &mut bytes) else {
                break;
            };
            if count == 0 {
                break;
            }
            self.screen.put(&bytes[..(count as usize).min(LOG_BYTES)]);
            cursor = next;
        }
        self.log = cursor;
    }

    /// Shows all log lines that are kept.
    pub fn show_whole_log(&mut self) {
        self.log = 0;
        self.show_log();
    }
}
