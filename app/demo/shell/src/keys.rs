//! Bytes from a terminal to keys: control characters and escape sequences.
//!
//! Source: ECMA-48, *Control Functions for Coded Character Sets*; the sequences are those
//! that xterm, the Linux console and VT220s send.

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A printable ASCII character.
    Character(u8),
    /// Return.
    Enter,
    /// Backspace: delete to the left.
    Backspace,
    /// Delete under the cursor.
    Delete,
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// To the start of the line.
    Home,
    /// To the end of the line.
    End,
    /// The line before in the history.
    Up,
    /// The line after in the history.
    Down,
    /// Delete all before the cursor.
    KillToStart,
    /// Delete all from the cursor on.
    KillToEnd,
    /// Delete the word before the cursor.
    KillWord,
    /// Draw the screen anew.
    Redraw,
    /// Give the line up.
    Cancel,
    /// A key that means nothing here.
    Unknown,
}

/// Where in a sequence the decoder is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Plain,
    /// After a carriage return: a line feed belongs to it.
    Return,
    /// After ESC.
    Escape,
    /// After ESC O.
    Single,
    /// After ESC [, with the first parameter so far, and whether another has begun.
    Control(u8, bool),
}

/// Turns bytes into keys.
#[derive(Debug, Default)]
pub struct Decoder(State);

impl Decoder {
    /// Takes one byte; a key where one is complete.
    pub fn feed(&mut self, byte: u8) -> Option<Key> {
        let state = core::mem::take(&mut self.0);
        match state {
            State::Plain => self.plain(byte),
            State::Return if byte == b'\n' => None,
            State::Return => self.plain(byte),
            State::Escape => match byte {
                b'[' => self.next(State::Control(0, false)),
                b'O' => self.next(State::Single),
                0x1b => self.next(State::Escape),
                _ => Some(Key::Unknown),
            },
            State::Single => Some(letter(byte)),
            State::Control(number, later) => match byte {
                b'0'..=b'9' if later => self.next(state),
                b'0'..=b'9' => {
                    let number = number.saturating_mul(10).saturating_add(byte - b'0');
                    self.next(State::Control(number, false))
                }
                0x20..=0x3f => self.next(State::Control(number, true)),
                b'~' => Some(match number {
                    1 | 7 => Key::Home,
                    4 | 8 => Key::End,
                    3 => Key::Delete,
                    _ => Key::Unknown,
                }),
                0x40..=0x7e => Some(letter(byte)),
                // This byte belongs to no sequence: the sequence ends, and the byte is handled by itself.
                _ => self.plain(byte),
            },
        }
    }

    fn next(&mut self, state: State) -> Option<Key> {
        self.0 = state;
        None
    }

    fn plain(&mut self, byte: u8) -> Option<Key> {
        Some(match byte {
            b'\r' => {
                self.0 = State::Return;
                Key::Enter
            }
            b'\n' => Key::Enter,
            0x1b => return self.next(State::Escape),
            b' '..=b'~' => Key::Character(byte),
            0x08 | 0x7f => Key::Backspace,
            _ => match byte | 0x40 {
                _ if byte >= b' ' => Key::Unknown,
                b'A' => Key::Home,
                b'B' => Key::Left,
                b'C' => Key::Cancel,
                b'D' => Key::Delete,
                b'E' => Key::End,
                b'F' => Key::Right,
                b'K' => Key::KillToEnd,
                b'L' => Key::Redraw,
                b'N' => Key::Down,
                b'P' => Key::Up,
                b'U' => Key::KillToStart,
                b'W' => Key::KillWord,
                _ => Key::Unknown,
            },
        })
    }
}

/// The last byte of a sequence without a number.
fn letter(byte: u8) -> Key {
    match byte {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'F' => Key::End,
        b'H' => Key::Home,
        _ => Key::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(bytes: &[u8]) -> Vec<Key> {
        let mut decoder = Decoder::default();
        bytes
            .iter()
            .filter_map(|&byte| decoder.feed(byte))
            .collect()
    }

    #[test]
    fn a_line_ends_once_whatever_the_terminal_sends() {
        assert_eq!(keys(b"\r"), [Key::Enter]);
        assert_eq!(keys(b"\n"), [Key::Enter]);
        assert_eq!(keys(b"\r\n"), [Key::Enter]);
        assert_eq!(keys(b"\r\r\n\n"), [Key::Enter, Key::Enter, Key::Enter]);
    }

    #[test]
    fn sequences_of_several_terminals() {
        assert_eq!(keys(b"\x1b[A\x1bOA"), [Key::Up, Key::Up]);
        assert_eq!(keys(b"\x1b[H\x1b[1~\x1b[7~\x1bOH"), [Key::Home; 4]);
        assert_eq!(keys(b"\x1b[F\x1b[4~\x1b[8~"), [Key::End; 3]);
        assert_eq!(keys(b"\x1b[3~"), [Key::Delete]);
        assert_eq!(keys(b"\x1b[1;5C"), [Key::Right]);
        assert_eq!(keys(b"\x1b[15~x"), [Key::Unknown, Key::Character(b'x')]);
        assert_eq!(keys(b"\x1b\x1b[D"), [Key::Left]);
    }

    #[test]
    fn broken_sequences_do_not_stick() {
        assert_eq!(keys(b"\x1b[1\rx"), [Key::Enter, Key::Character(b'x')]);
        assert_eq!(keys(b"\x1bqx"), [Key::Unknown, Key::Character(b'x')]);
        assert_eq!(
            keys(b"\x1b[99999999999~a"),
            [Key::Unknown, Key::Character(b'a')]
        );
        assert_eq!(
            keys(&[0xc3, 0xa9, b'a']),
            [Key::Unknown, Key::Unknown, Key::Character(b'a')]
        );
    }
}
