//! The terminal: waits for input and for the log, and runs the lines that come.

use crate::commands;
use crate::editor::{Editor, Event};
use crate::line::LINE_LENGTH;
use crate::session::Session;
use core::fmt::Write;
use leasehold_abi::{Error, Notifications};
use userlib::wait;

/// The notification that the console has input.
const INPUT: Notifications = Notifications::peer(0);

/// The notification that the log has new lines.
const LOG: Notifications = Notifications::peer(1);

/// The prompt after a command that succeeded.
const PROMPT: &str = "leasehold> ";

/// The prompt after a command that failed.
const PROMPT_FAILED: &str = "leasehold [failed]> ";

/// How often the console is asked for input, in milliseconds: its notification may be lost when it restarts.
const POLL: u64 = 500;

/// A session, and the line that is being typed.
#[derive(Debug)]
pub struct Terminal {
    session: Session,
    editor: Editor,
    prompt: &'static str,
}

impl Terminal {
    /// Finds everybody.
    ///
    /// # Errors
    /// `NotFound` when the image lacks a task that the shell needs.
    pub fn new() -> Result<Self, Error> {
        Ok(Self {
            session: Session::new(LOG)?,
            editor: Editor::new(),
            prompt: PROMPT,
        })
    }

    /// Serves it for ever.
    pub fn serve(&mut self) -> ! {
        let _ = self
            .session
            .screen
            .write_str("\r\nLeasehold. 'help' lists the commands.\r\n");
        self.show_prompt();
        loop {
            self.read();
            self.session.screen.flush();
            let came = wait::notified(INPUT | LOG, POLL);
            if came.contains(LOG) && self.session.log_has_more() {
                let _ = self.editor.hide(&mut self.session.screen);
                self.session.show_log();
                let _ = self.editor.redraw(&mut self.session.screen);
            }
        }
    }

    /// Takes all input that there is. Writing to the screen never fails, so the editor does not fail either.
    fn read(&mut self) {
        // A console that is gone comes back, and then it is told again.
        let _ = self.session.screen.console().watch(INPUT);
        let mut bytes = [0; 64];
        loop {
            let count = match self.session.screen.console().read_ready(&mut bytes) {
                Ok(count) if count > 0 => count as usize,
                _ => break,
            };
            for &byte in &bytes[..count.min(bytes.len())] {
                match self.editor.feed(byte, &mut self.session.screen) {
                    Ok(Event::Line) => self.line(),
                    Ok(Event::TooLong) => self.too_long(),
                    Ok(Event::Cancelled) => self.show_prompt(),
                    _ => {}
                }
            }
            self.session.screen.flush();
        }
    }

    fn line(&mut self) {
        let line = self.editor.take();
        let text = core::str::from_utf8(&line).unwrap_or("");
        if let Some(succeeded) = commands::run(&mut self.session, text) {
            self.prompt = if succeeded { PROMPT } else { PROMPT_FAILED };
        }
        self.session.show_log();
        self.show_prompt();
    }

    fn too_long(&mut self) {
        let _ = writeln!(
            self.session.screen,
            "a line has at most {LINE_LENGTH} characters; this one was not run"
        );
        self.prompt = PROMPT_FAILED;
        self.show_prompt();
    }

    fn show_prompt(&mut self) {
        let _ = self.editor.show(self.prompt, &mut self.session.screen);
        self.session.screen.flush();
    }
}
