//! The line being typed: keys in, terminal output out.

use crate::history::History;
use crate::keys::{Decoder, Key};
use crate::line::Line;
use core::fmt::{self, Write};

/// Erases the terminal's line and goes to its start.
const ERASE_LINE: &str = "\r\x1b[K";

/// Erases the terminal and goes to its top.
const ERASE_SCREEN: &str = "\x1b[H\x1b[2J";

/// Selects the graphic rendition that is selected already: the plain one.
const NO_CHANGE: &str = "\x1b[m";

/// Bytes of a prompt's end, `"> "`.
const PROMPT_END: usize = 2;

/// What a byte has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Nothing that anybody but the editor must know.
    None,
    /// The line is complete: see [`Editor::take`].
    Line,
    /// The line is complete, but some of it did not fit. It is not run; the history has it, so that it can be
    /// corrected.
    TooLong,
    /// The line was given up.
    Cancelled,
}

/// A line editor with history.
#[derive(Debug)]
pub struct Editor {
    decoder: Decoder,
    history: History,
    line: Line,
    cursor: usize,
    /// How many lines back in the history the user is.
    back: usize,
    /// What was typed before the user went back.
    typed: Line,
    /// Whether the last key did not fit: a line that was pasted only in part must not be run.
    full: bool,
    prompt: &'static str,
}

impl Editor {
    /// An empty line.
    pub fn new() -> Self {
        Self {
            decoder: Decoder::default(),
            history: History::new(),
            line: Line::new(),
            cursor: 0,
            back: 0,
            typed: Line::new(),
            full: false,
            prompt: "",
        }
    }

    /// Shows `prompt` and what is typed already.
    ///
    /// # Errors
    /// Those of `out`; so it is for all functions here.
    pub fn show(&mut self, prompt: &'static str, out: &mut impl Write) -> fmt::Result {
        self.prompt = prompt;
        out.write_str(prompt)?;
        self.redraw_line(out)
    }

    /// Removes prompt and line from the terminal, so that something else can be printed there.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn hide(&self, out: &mut impl Write) -> fmt::Result {
        out.write_str(ERASE_LINE)
    }

    /// Draws prompt and line, after [`hide`](Self::hide). A program that reads the terminal takes a prompt for the end
    /// of a command. So this prompt contains a sequence without effect, which makes it different.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn redraw(&self, out: &mut impl Write) -> fmt::Result {
        // Unlike `split_at`, this brings in no code that shows where a character begins.
        let end = self.prompt.len().saturating_sub(PROMPT_END);
        let (start, end) = self.prompt.split_at_checked(end).unwrap_or_default();
        write!(out, "{start}{NO_CHANGE}{end}")?;
        self.redraw_line(out)
    }

    fn redraw_line(&self, out: &mut impl Write) -> fmt::Result {
        write_bytes(&self.line, out)?;
        move_left(self.line.len() - self.cursor, out)
    }

    /// Takes the finished line, into the history too.
    pub fn take(&mut self) -> Line {
        self.history.push(&self.line);
        self.cursor = 0;
        self.back = 0;
        core::mem::take(&mut self.line)
    }

    /// Takes one byte from the terminal.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn feed(&mut self, byte: u8, out: &mut impl Write) -> Result<Event, fmt::Error> {
        let Some(key) = self.decoder.feed(byte) else {
            return Ok(Event::None);
        };
        let was_full = core::mem::take(&mut self.full);
        match key {
            Key::Enter => {
                out.write_str("\r\n")?;
                if was_full {
                    self.take();
                    return Ok(Event::TooLong);
                }
                return Ok(Event::Line);
            }
            Key::Cancel => {
                self.line.clear();
                self.cursor = 0;
                self.back = 0;
                out.write_str("^C\r\n")?;
                return Ok(Event::Cancelled);
            }
            Key::Character(character) => self.insert(character, out)?,
            Key::Backspace if self.cursor > 0 => self.remove(self.cursor - 1, self.cursor, out)?,
            Key::Delete if self.cursor < self.line.len() => {
                self.remove(self.cursor, self.cursor + 1, out)?
            }
            Key::KillToStart => self.remove(0, self.cursor, out)?,
            Key::KillToEnd => self.remove(self.cursor, self.line.len(), out)?,
            Key::KillWord => self.remove(self.word_start(), self.cursor, out)?,
            Key::Left if self.cursor > 0 => self.go(self.cursor - 1, out)?,
            Key::Right if self.cursor < self.line.len() => self.go(self.cursor + 1, out)?,
            Key::Home => self.go(0, out)?,
            Key::End => self.go(self.line.len(), out)?,
            Key::Up if self.back < self.history.len() => self.recall(self.back + 1, out)?,
            Key::Down if self.back > 0 => self.recall(self.back - 1, out)?,
            Key::Redraw => {
                out.write_str(ERASE_SCREEN)?;
                self.redraw(out)?;
            }
            _ => out.write_str("\x07")?,
        }
        Ok(Event::None)
    }

    fn insert(&mut self, character: u8, out: &mut impl Write) -> fmt::Result {
        if self.line.insert(self.cursor, character).is_err() {
            self.full = true;
            return out.write_str("\x07");
        }
        write_bytes(&self.line[self.cursor..], out)?;
        self.cursor += 1;
        move_left(self.line.len() - self.cursor, out)
    }

    /// Removes the bytes from `start` to `end`, one of which is the cursor.
    fn remove(&mut self, start: usize, end: usize, out: &mut impl Write) -> fmt::Result {
        self.go(start, out)?;
        self.line.copy_within(end.., start);
        self.line.truncate(self.line.len() - (end - start));
        write_bytes(&self.line[start..], out)?;
        out.write_str("\x1b[K")?;
        move_left(self.line.len() - start, out)
    }

    fn go(&mut self, place: usize, out: &mut impl Write) -> fmt::Result {
        if place < self.cursor {
            move_left(self.cursor - place, out)?;
        } else {
            write_bytes(&self.line[self.cursor..place], out)?;
        }
        self.cursor = place;
        Ok(())
    }

    fn word_start(&self) -> usize {
        let before = &self.line[..self.cursor];
        let Some(last) = before.iter().rposition(|&byte| byte != b' ') else {
            return 0;
        };
        before[..last]
            .iter()
            .rposition(|&byte| byte == b' ')
            .map_or(0, |blank| blank + 1)
    }

    fn recall(&mut self, back: usize, out: &mut impl Write) -> fmt::Result {
        if self.back == 0 {
            self.typed.clone_from(&self.line);
        }
        let line = if back == 0 {
            Some(self.typed.as_slice())
        } else {
            self.history.get(back)
        };
        // A line of the history is no longer than the editor's.
        self.line = line
            .and_then(|line| Line::from_slice(line).ok())
            .unwrap_or_default();
        self.back = back;
        self.cursor = self.line.len();
        self.hide(out)?;
        self.redraw(out)
    }
}

impl Default for Editor {
    fn default() -> Self {
        Self::new()
    }
}

fn write_bytes(bytes: &[u8], out: &mut impl Write) -> fmt::Result {
    // Only printable ASCII is ever inserted.
    out.write_str(core::str::from_utf8(bytes).map_err(|_| fmt::Error)?)
}

fn move_left(count: usize, out: &mut impl Write) -> fmt::Result {
    match count {
        0 => Ok(()),
        1 => out.write_str("\x08"),
        _ => write!(out, "\x1b[{count}D"),
    }
}

#[cfg(test)]
mod tests;
