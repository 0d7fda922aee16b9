//! The log: the last lines, numbered, each with its time and its source.

use core::fmt::Write;
use leasehold_abi::NAME_LENGTH;
use userlib::text::Text;

/// Bytes of a line: a task's name, a colon, and as much as a task may log.
pub const LINE_LENGTH: usize = NAME_LENGTH + 2 + userlib::log::LINE_LENGTH;

/// A line's text.
pub type Line = Text<LINE_LENGTH>;

/// Bytes of a line as it is shown: its time before it, the line's end after it.
pub const SHOWN_LENGTH: usize = "[1073741823.999] ".len() + LINE_LENGTH + "\r\n".len();

/// A line as it is shown, with the time in seconds since boot.
pub fn shown(milliseconds: u64, text: &Line) -> Text<SHOWN_LENGTH> {
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    Text::of(format_args!(
        "[{seconds:>5}.{rest:03}] {}\r\n",
        text.as_str()
    ))
}

/// Bytes of a line's time. They count milliseconds since boot for 34 years.
const TIME: usize = 5;

/// Bytes before a line's text: its length and its time.
const HEADER: usize = 1 + TIME;

/// The last lines, as many as there is room for: each with a header, one after another in a ring.
#[derive(Debug)]
pub struct Log<'m> {
    ring: &'m mut [u8],
    /// Where the oldest line begins.
    start: usize,
    used: usize,
    /// Number of the oldest line.
    first: u64,
    /// Number of the next line.
    next: u64,
}

impl<'m> Log<'m> {
    /// An empty log in this memory, which must have room for the longest line.
    pub const fn new(ring: &'m mut [u8]) -> Self {
        assert!(ring.len() >= HEADER + LINE_LENGTH, "room for one line");
        Self {
            ring,
            start: 0,
            used: 0,
            first: 0,
            next: 0,
        }
    }

    /// The byte at this distance from the oldest line's first.
    fn place(&self, distance: usize) -> usize {
        (self.start + distance) % self.ring.len()
    }

    /// Bytes that the line at this distance takes.
    fn length(&self, distance: usize) -> usize {
        HEADER + usize::from(self.ring[self.place(distance)])
    }

    /// Adds a line at `milliseconds` since boot and returns its number. Bytes that a terminal
    /// would act upon are replaced: a task's words must not move another's cursor.
    pub fn push(&mut self, milliseconds: u64, text: &[u8]) -> u64 {
        let text = &text[..text.len().min(LINE_LENGTH)];
        while self.used + HEADER + text.len() > self.ring.len() {
            let length = self.length(0);
            self.start = self.place(length);
            self.used -= length;
            self.first += 1;
        }
        let harmless = |&byte: &u8| match byte {
            b' ' => byte,
            _ if byte.is_ascii_graphic() => byte,
            _ => b'?',
        };
        let time = milliseconds.to_le_bytes();
        let header = core::iter::once(text.len() as u8).chain(time.into_iter().take(TIME));
        for byte in header.chain(text.iter().map(harmless)) {
            let place = self.place(self.used);
            self.ring[place] = byte;
            self.used += 1;
        }
        self.next += 1;
        self.next - 1
    }

    /// Number that the next line will have.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Number of the oldest line kept.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Line `number`: its time in milliseconds since boot and its text, while it is kept.
    pub fn get(&self, number: u64) -> Option<(u64, Line)> {
        if number < self.first || number >= self.next {
            return None;
        }
        let before = self.first..number;
        let at = before.fold(0, |distance, _| distance + self.length(distance));
        let byte = |distance: usize| self.ring[self.place(at + distance)];
        let mut time = [0; 8];
        for (index, slot) in time.iter_mut().take(TIME).enumerate() {
            *slot = byte(1 + index);
        }
        let mut text = Line::new();
        for distance in HEADER..self.length(at) {
            // The ring has only ASCII, and no text that is longer than a `Line`.
            let _ = text.write_char(char::from(byte(distance)));
        }
        Some((u64::from_le_bytes(time), text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_under_their_numbers() {
        let mut memory = [0; 1000];
        let mut log = Log::new(&mut memory);
        assert!(log.get(0).is_none());
        let line = |number: u64| format!("line {number}{}", "x".repeat(number as usize % 30));
        for number in 0..500 {
            let time = number * 3 + (1 << 33);
            assert_eq!(log.push(time, line(number).as_bytes()), number);
            let kept: usize = (log.first()..=number)
                .map(|kept| 6 + line(kept).len())
                .sum();
            assert!(kept <= 1000, "{kept}");
            let more = log
                .first()
                .checked_sub(1)
                .map_or(1000, |gone| 6 + line(gone).len());
            assert!(
                kept + more + line(number).len() > 1000,
                "none went without need"
            );
            for kept in log.first()..=number {
                let (time, text) = log.get(kept).expect("kept");
                assert_eq!(
                    (time, text.as_str()),
                    (kept * 3 + (1 << 33), line(kept).as_str())
                );
            }
        }
        assert!(log.first() > 400);
        assert!(log.get(log.first() - 1).is_none());
        assert!(log.get(500).is_none());
    }

    #[test]
    fn long_lines_are_cut_and_control_bytes_replaced() {
        let mut memory = [0; HEADER + LINE_LENGTH];
        let mut log = Log::new(&mut memory);
        log.push(0, &[b'x'; 500]);
        assert_eq!(log.get(0).expect("kept").1.as_str().len(), LINE_LENGTH);
        log.push(0, b"a\x1b[2Jb\xff\n");
        assert!(log.get(0).is_none());
        assert_eq!(log.get(1).expect("kept").1.as_str(), "a?[2Jb??");
    }

    #[test]
    fn the_longest_line_of_a_task_is_shown_whole_at_any_time() {
        let mut memory = [0; HEADER + LINE_LENGTH];
        let mut log = Log::new(&mut memory);
        let text = "x".repeat(LINE_LENGTH);
        log.push((1 << 40) - 1, text.as_bytes());
        let (time, line) = log.get(0).expect("kept");
        assert_eq!(
            shown(time, &line).as_str(),
            format!("[1099511627.775] {text}\r\n")
        );
    }
}
