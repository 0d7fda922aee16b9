//! One method: its description, and a call of it.

use super::read::{Encode, Words, number};
use super::shape::{named, size, walk};
use super::show::{hexadecimal, show};
use super::wrong::Wrong;
use core::fmt::Write;
use leasehold_abi::MESSAGE_WORDS;
use userlib::ipc::WORDS_BYTES;
use userlib::sys::Loan;

/// Bytes that all buffers of a call have together.
const ROOM: usize = 320;
/// Most buffers of a call.
const LOANS: usize = 4;
/// Bytes of a word.
const WORD: usize = size_of::<usize>();

/// A method, as its server tells of it.
#[derive(Clone, Copy, Debug)]
pub struct Method<'d> {
    /// Its name.
    pub name: &'d str,
    /// Names and types.
    arguments: &'d str,
    /// The type.
    result: &'d str,
}

/// What is done with a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The server reads it.
    Read,
    /// The server writes it, and it is shown.
    Written,
    /// The server writes the result.
    Result,
}

/// A call that can be made: words of the message, and what is lent with it.
#[derive(Debug)]
pub struct Prepared {
    /// The words of the message.
    pub words: [usize; MESSAGE_WORDS],
    /// How many of them count.
    pub count: u8,
    room: [u8; ROOM],
    /// Kinds and lengths of the buffers, which follow each other in the room.
    loans: heapless::Vec<(Kind, usize), LOANS>,
}

impl<'d> Method<'d> {
    /// Reads `name(arguments) -> result`.
    pub fn read(line: &'d str) -> Option<Self> {
        // Not by `split_once`, which brings a search for characters of any length.
        let at = |wanted: u8| line.bytes().position(|byte| byte == wanted);
        let (name, rest) = line.split_at_checked(at(b'(')?)?;
        let (arguments, result) = rest.split_at_checked(at(b'>')? - name.len())?;
        let arguments = arguments.strip_prefix('(')?.strip_suffix(") -")?;
        let result = result.strip_prefix("> ")?;
        Some(Self {
            name,
            arguments,
            result,
        })
    }

    /// Takes the words for a call.
    ///
    /// # Errors
    /// What does not fit the types.
    pub fn prepare<'w>(&self, mut words: Words<'w>) -> Result<Prepared, Wrong<'w>> {
        let mut message = [0; WORDS_BYTES];
        let mut sent = 0;
        let (mut room, mut used) = ([0; ROOM], 0);
        let mut loans = heapless::Vec::new();
        let mut rest = self.arguments;
        while !rest.is_empty() {
            let (_, shape) = named(rest).ok_or(Wrong::Description)?;
            let mut lent = Encode {
                words: &mut words,
                room: &mut room,
                used,
            };
            let (behind, kind) = if let Some(behind) = shape.strip_prefix("&[u8]") {
                let word = lent.words.next().ok_or(Wrong::Count)?.as_bytes();
                lent.take(word.len())?.copy_from_slice(word);
                (behind, Some(Kind::Read))
            } else if let Some(behind) = shape.strip_prefix("&mut [u8]") {
                let word = lent.words.next().ok_or(Wrong::Count)?;
                let length = number(word, 4, false)?;
                lent.take(usize::try_from(length).map_err(|_| Wrong::Room)?)?;
                (behind, Some(Kind::Written))
            } else if let Some(shape) = shape.strip_prefix('&') {
                (walk(shape, &mut lent)?, Some(Kind::Read))
            } else {
                // Each value starts at a whole word.
                let mut value = Encode {
                    words: lent.words,
                    room: &mut message,
                    used: sent,
                };
                let behind = walk(shape, &mut value)?;
                sent = value.used.next_multiple_of(WORD);
                (behind, None)
            };
            if let Some(kind) = kind {
                let length = lent.used - used;
                used = lent.used;
                loans.push((kind, length)).map_err(|_| Wrong::Room)?;
            }
            rest = match behind.strip_prefix(", ") {
                Some(rest) => rest,
                None if behind.is_empty() => behind,
                None => return Err(Wrong::Description),
            };
        }
        if words.next().is_some() {
            return Err(Wrong::Count);
        }
        let result = size(self.result, ROOM - used)?;
        if result > WORDS_BYTES {
            let lent = (Kind::Result, result);
            loans.push(lent).map_err(|_| Wrong::Room)?;
        }
        let mut prepared = Prepared {
            words: [0; MESSAGE_WORDS],
            count: (sent / WORD) as u8,
            room,
            loans,
        };
        for (word, bytes) in prepared.words.iter_mut().zip(message.chunks_exact(WORD)) {
            let mut whole = [0; WORD];
            whole.copy_from_slice(bytes);
            *word = usize::from_le_bytes(whole);
        }
        Ok(prepared)
    }

    /// Shows what came of a call: the result, whose words these are, and what the server wrote.
    ///
    /// # Errors
    /// `Description` when the result is not of its type.
    pub fn show(
        &self,
        prepared: &Prepared,
        words: &[usize],
        out: &mut dyn Write,
    ) -> Result<(), Wrong<'static>> {
        let mut message = [0; WORDS_BYTES];
        for (bytes, word) in message.chunks_exact_mut(WORD).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        let mut result = &message[..(words.len() * WORD).min(WORDS_BYTES)];
        let mut room = &prepared.room[..];
        for &(kind, length) in &prepared.loans {
            let (buffer, rest) = room.split_at_checked(length).ok_or(Wrong::Room)?;
            room = rest;
            match kind {
                Kind::Read => {}
                Kind::Written => {
                    let _ = hexadecimal(out, buffer);
                    let _ = out.write_str("\n");
                }
                Kind::Result => result = buffer,
            }
        }
        if self.result == "()" {
            let _ = out.write_str("done");
        } else {
            show(self.result, result, out)?;
        }
        let _ = out.write_str("\n");
        Ok(())
    }
}

impl Prepared {
    /// What is lent with the call.
    pub fn loans(&mut self) -> heapless::Vec<Loan<'_>, LOANS> {
        let mut room = &mut self.room[..];
        let mut loans = heapless::Vec::new();
        for &(kind, length) in &self.loans {
            let (buffer, rest) = room.split_at_mut(length);
            room = rest;
            let loan = match kind {
                Kind::Read => Loan::read(buffer),
                Kind::Written | Kind::Result => Loan::write(buffer),
            };
            // There are no more of them than were counted.
            let _ = loans.push(loan);
        }
        loans
    }
}
