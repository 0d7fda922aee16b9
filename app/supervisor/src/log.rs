//! The log: the last lines, numbered, each with its time and its source.

/// Lines kept.
pub const LINES: usize = 96;

/// Bytes of a line; what is longer is cut.
pub const LINE_LENGTH: usize = 112;

/// A line of the log.
#[derive(Clone, Copy, Debug)]
struct Line {
    milliseconds: u64,
    length: u8,
    bytes: [u8; LINE_LENGTH],
}

/// The last [`LINES`] lines.
#[derive(Debug)]
pub struct Log {
    lines: [Line; LINES],
    /// Number of the next line; line `n` is in slot `n % LINES`.
    next: u64,
}

impl Log {
    /// An empty log.
    pub const fn new() -> Self {
        let empty = Line {
            milliseconds: 0,
            length: 0,
            bytes: [0; LINE_LENGTH],
        };
        Self {
            lines: [empty; LINES],
            next: 0,
        }
    }

    /// Adds a line at `milliseconds` since boot and returns its number. Bytes that a terminal
    /// would act upon are replaced: a task's words must not move another's cursor.
    pub fn push(&mut self, milliseconds: u64, text: &[u8]) -> u64 {
        let mut line = Line {
            milliseconds,
            length: 0,
            bytes: [0; LINE_LENGTH],
        };
        for (slot, &byte) in line.bytes.iter_mut().zip(text) {
            *slot = if byte == b' ' || byte.is_ascii_graphic() {
                byte
            } else {
                b'?'
            };
            line.length += 1;
        }
        self.lines[(self.next % LINES as u64) as usize] = line;
        self.next += 1;
        self.next - 1
    }

    /// Number that the next line will have.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Number of the oldest line kept.
    pub fn first(&self) -> u64 {
        self.next.saturating_sub(LINES as u64)
    }

    /// Line `number`: its time in milliseconds since boot and its text, while it is kept.
    pub fn get(&self, number: u64) -> Option<(u64, &str)> {
        if number < self.first() || number >= self.next {
            return None;
        }
        let line = &self.lines[(number % LINES as u64) as usize];
        let text = core::str::from_utf8(&line.bytes[..usize::from(line.length)]).ok()?;
        Some((line.milliseconds, text))
    }
}

impl Default for Log {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_under_their_numbers() {
        let mut log = Log::new();
        assert_eq!(log.get(0), None);
        for number in 0..LINES as u64 + 10 {
            assert_eq!(
                log.push(number * 3, format!("line {number}").as_bytes()),
                number
            );
        }
        assert_eq!(log.first(), 10);
        assert_eq!(log.get(9), None);
        assert_eq!(log.get(10), Some((30, "line 10")));
        let last = LINES as u64 + 9;
        assert_eq!(
            log.get(last),
            Some((last * 3, format!("line {last}").as_str()))
        );
        assert_eq!(log.get(last + 1), None);
    }

    #[test]
    fn long_lines_are_cut_and_control_bytes_replaced() {
        let mut log = Log::new();
        log.push(0, &[b'x'; 500]);
        assert_eq!(log.get(0).expect("kept").1.len(), LINE_LENGTH);
        log.push(0, b"a\x1b[2Jb\xff\n");
        assert_eq!(log.get(1), Some((0, "a?[2Jb??")));
    }
}
