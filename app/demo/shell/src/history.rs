//! The lines typed before.

use crate::line::Line;
use heapless::Deque;

/// Lines remembered.
pub const LINES: usize = 16;

/// The last [`LINES`] lines, without empty ones and repetitions.
#[derive(Debug, Default)]
pub struct History {
    lines: Deque<Line, LINES>,
}

impl History {
    /// Nothing typed yet.
    pub const fn new() -> Self {
        Self {
            lines: Deque::new(),
        }
    }

    /// Remembers a line, unless it is blank or the same as the last one.
    pub fn push(&mut self, line: &[u8]) {
        let blank = line.iter().all(|&byte| byte == b' ');
        if blank || self.lines.back().is_some_and(|last| last == line) {
            return;
        }
        if self.lines.is_full() {
            self.lines.pop_front();
        }
        let Ok(line) = Line::from_slice(line) else {
            return;
        };
        // There is room: the oldest line has just gone.
        let _ = self.lines.push_back(line);
    }

    /// The line typed `back` lines ago, 1 for the last one.
    pub fn get(&self, back: usize) -> Option<&[u8]> {
        let index = self.lines.len().checked_sub(back)?;
        self.lines.iter().nth(index).map(|line| line.as_slice())
    }

    /// Lines in it.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_lines_once() {
        let mut history = History::new();
        for line in ["ps", "ps", "", "   ", "leases"] {
            history.push(line.as_bytes());
        }
        assert_eq!(history.len(), 2);
        assert_eq!(history.get(1), Some(&b"leases"[..]));
        assert_eq!(history.get(2), Some(&b"ps"[..]));
        assert_eq!(history.get(3), None);
        assert_eq!(history.get(0), None);
        for number in 0..100 {
            history.push(format!("fact {number}").as_bytes());
        }
        assert_eq!(history.len(), LINES);
        assert_eq!(history.get(LINES), Some(&b"fact 84"[..]));
    }
}
