//! A machine's output on its way to a person: after each `pc 0x…` comes the function that is there.
//!
//! Bytes pass at once. A number ends with the next byte that is no digit, and the name is inserted before that byte.
//! The line at a prompt was typed, and the shell's editor, which echoes it, counts columns: nothing is added there.

use std::io::{ErrorKind, Read, Result, Write};
use std::time::Duration;

/// The text before an address of code.
const BEFORE: &[u8] = b"pc 0x";
/// Most digits of an address.
const DIGITS: usize = 16;
const ESCAPE: u8 = 0x1b;
/// The prompts of the demo's shell.
const PROMPTS: [&[u8]; 2] = [b"leasehold> ", b"leasehold [failed]> "];
const LONGEST_PROMPT: usize = PROMPTS[1].len();
/// How long to wait before a terminal that accepts no more bytes is tried again.
const WAIT: Duration = Duration::from_millis(1);

/// Adds names to bytes.
pub(crate) struct Annotator<'n> {
    name: &'n Name<'n>,
    /// Bytes of [`BEFORE`] that came.
    matched: usize,
    /// Digits that came after them, and what they say.
    digits: usize,
    number: u64,
    /// The visible beginning of the line, as far as a prompt can reach.
    line: Vec<u8>,
    escape: Option<Escape>,
}

/// What is at an address, if anything is.
pub(crate) type Name<'n> = dyn Fn(u64) -> Option<String> + 'n;

/// How far a control sequence of the terminal is (ECMA-48, section 5.4): an escape and a byte, or an escape, `[` and
/// all up to a final byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escape {
    Begun,
    Sequence,
}

impl<'n> Annotator<'n> {
    /// With these names.
    pub(crate) fn new(name: &'n Name<'n>) -> Self {
        Self {
            name,
            matched: 0,
            digits: 0,
            number: 0,
            line: Vec::new(),
            escape: None,
        }
    }

    /// Passes bytes on to `to`.
    pub(crate) fn pass(&mut self, bytes: &[u8], to: &mut Vec<u8>) {
        for &byte in bytes {
            if self.matched < BEFORE.len() {
                // The first byte of the text occurs only once in it, so a failed match restarts simply.
                let next = byte == BEFORE[self.matched];
                self.matched = if next {
                    self.matched + 1
                } else {
                    usize::from(byte == BEFORE[0])
                };
            } else if let Some(digit) = char::from(byte).to_digit(16) {
                self.digits += 1;
                self.number = self.number << 4 | u64::from(digit);
            } else {
                self.end(to);
                self.matched = usize::from(byte == BEFORE[0]);
            }
            self.follow_line(byte);
            if PROMPTS.iter().any(|prompt| self.line.starts_with(prompt)) {
                self.matched = 0;
            }
            to.push(byte);
        }
    }

    /// No more digits come: adds the name for the number, if there was one.
    pub(crate) fn end(&mut self, to: &mut Vec<u8>) {
        let digits = std::mem::take(&mut self.digits);
        let number = std::mem::take(&mut self.number);
        self.matched = 0;
        if (1..=DIGITS).contains(&digits)
            && let Some(name) = (self.name)(number)
        {
            to.push(b' ');
            to.extend(name.into_bytes());
        }
    }

    /// A whole line, or all that came of one.
    pub(crate) fn line(name: &'n Name<'n>, line: &str) -> String {
        let mut annotator = Self::new(name);
        let mut annotated = Vec::new();
        annotator.pass(line.as_bytes(), &mut annotated);
        annotator.end(&mut annotated);
        String::from_utf8_lossy(&annotated).into_owned()
    }

    /// Keeps the visible beginning of the line.
    fn follow_line(&mut self, byte: u8) {
        match (self.escape, byte) {
            (_, ESCAPE) => self.escape = Some(Escape::Begun),
            (Some(Escape::Begun), b'[') => self.escape = Some(Escape::Sequence),
            (Some(Escape::Begun), _) | (Some(Escape::Sequence), 0x40..=0x7e) => self.escape = None,
            (Some(Escape::Sequence), _) => {}
            (None, b'\r' | b'\n') => self.line.clear(),
            (None, byte) if self.line.len() < LONGEST_PROMPT => self.line.push(byte),
            (None, _) => {}
        }
    }
}

/// Copies all that comes to `to`, with names, until it ends.
///
/// # Errors
/// Those of reading and writing.
pub(crate) fn copy(name: &Name<'_>, mut from: impl Read, mut to: impl Write) -> Result<()> {
    let mut annotator = Annotator::new(name);
    let mut buffer = [0; 4096];
    let mut annotated = Vec::new();
    loop {
        let count = match from.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        annotator.pass(&buffer[..count], &mut annotated);
        if count == 0 {
            annotator.end(&mut annotated);
        }
        write_patiently(&annotated, &mut to)?;
        annotated.clear();
        if count == 0 {
            return Ok(());
        }
    }
}

/// Writes everything, even if a write would block: an emulator on this terminal makes it non-blocking for all who have
/// it open.
fn write_patiently(mut bytes: &[u8], to: &mut impl Write) -> Result<()> {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(WAIT),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    loop {
        match to.flush() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(WAIT),
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "0x8043db9a";
    const NAME: &str = "rtc::Clock::now (drivers/rtc/src/lib.rs:41)";

    /// What a fault, the shell and its editor print, with an address that the image has as `HERE`.
    const PRINTED: &str = "[    0.071] chaos: fault: read fault at 0x0, pc HERE\r\n\
        leasehold> ps pc HERE x\x1b[1D\r\n 5 chaos  read fault at 0x10, pc HERE\r\n\
        suite: (pc HERE), ppc HERE, pc 0x, pc 0x10, pc HERE0, pc lost, PC HERE\x1b[K pc pc HERE\n\
        leasehold [failed]> pc HERE\r\x1b[K[    0.072] pc HERE\r\nleasehold\x1b[m> pc HERE \n\
        a é pc HERE";
    const EXPECTED: &str = "[    0.071] chaos: fault: read fault at 0x0, pc HERE NAME\r\n\
        leasehold> ps pc HERE x\x1b[1D\r\n 5 chaos  read fault at 0x10, pc HERE NAME\r\n\
        suite: (pc HERE NAME), ppc HERE NAME, pc 0x, pc 0x10, pc HERE0, pc lost, PC HERE\x1b[K pc pc HERE NAME\n\
        leasehold [failed]> pc HERE\r\x1b[K[    0.072] pc HERE NAME\r\nleasehold\x1b[m> pc HERE \n\
        a é pc HERE NAME";

    /// What is at [`HERE`].
    fn name(address: u64) -> Option<String> {
        (address == 0x8043_db9a).then(|| NAME.to_owned())
    }

    #[test]
    fn a_function_stands_after_its_address_however_the_bytes_come() {
        let fill = |text: &str| text.replace("HERE", HERE).replace("NAME", NAME);
        let (printed, expected) = (fill(PRINTED), fill(EXPECTED));
        let printed = printed.as_bytes();
        for split in 0..=printed.len() {
            let mut annotator = Annotator::new(&name);
            let mut annotated = Vec::new();
            annotator.pass(&printed[..split], &mut annotated);
            // Nothing is held back, except a name whose number may continue.
            let last = &printed[split.saturating_sub(1)..split];
            assert!(annotated.ends_with(last), "split at {split}");
            annotator.pass(&printed[split..], &mut annotated);
            annotator.end(&mut annotated);
            assert_eq!(
                String::from_utf8_lossy(&annotated),
                expected,
                "split at {split}"
            );
        }
        let mut copied = Vec::new();
        copy(&name, printed, &mut copied).unwrap();
        assert_eq!(String::from_utf8_lossy(&copied), expected);
    }

    #[test]
    fn a_line_is_annotated_to_its_end() {
        let line = Annotator::line(&name, &format!("fault, pc {HERE}"));
        assert_eq!(line, format!("fault, pc {HERE} {NAME}"));
        assert_eq!(Annotator::line(&name, "pc 0x10"), "pc 0x10");
    }

    /// Takes a byte at a time, and would have to wait in between.
    #[derive(Default)]
    struct Slow {
        taken: Vec<u8>,
        ready: bool,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> Result<usize> {
            self.ready = !self.ready;
            if self.ready {
                return Err(ErrorKind::WouldBlock.into());
            }
            self.taken.push(bytes[0]);
            Ok(1)
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_terminal_that_takes_nothing_for_a_while_loses_nothing() {
        let mut slow = Slow::default();
        copy(&name, &b"leasehold> "[..], &mut slow).unwrap();
        assert_eq!(slow.taken, b"leasehold> ");
    }
}
