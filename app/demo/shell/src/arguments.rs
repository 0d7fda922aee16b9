//! What a command takes, and what is wrong with what was typed.

use core::fmt;

/// The words after a command's name, by the function that takes them. Each function returns whether the command
/// succeeded.
#[derive(Debug)]
pub enum Takes<S: 'static> {
    /// Nothing.
    Nothing(fn(&mut S) -> bool),
    /// All that follows, at least a word, named so in the help.
    Line(&'static str, fn(&mut S, &str) -> bool),
    /// A word, named so in the help.
    Word(&'static str, fn(&mut S, &str) -> bool),
    /// A number from 0 to the given one.
    Number(&'static str, u32, fn(&mut S, u32) -> bool),
    /// A number from 0 to the given one, or nothing for 0.
    MaybeNumber(&'static str, u32, fn(&mut S, u32) -> bool),
    /// Nothing, or this word and a number from 0 to the given one.
    Either(
        &'static str,
        u32,
        fn(&mut S) -> bool,
        fn(&mut S, u32) -> bool,
    ),
}

impl<S> Clone for Takes<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Takes<S> {}

/// A function with what it was given.
#[derive(Debug)]
pub enum Ready<'a, S: 'static> {
    /// Without an argument.
    Plain(fn(&mut S) -> bool),
    /// With a word.
    Word(fn(&mut S, &str) -> bool, &'a str),
    /// With a number.
    Number(fn(&mut S, u32) -> bool, u32),
}

impl<S> Ready<'_, S> {
    /// Runs it; gives whether it succeeded.
    pub fn run(self, session: &mut S) -> bool {
        match self {
            Self::Plain(run) => run(session),
            Self::Word(run, word) => run(session, word),
            Self::Number(run, number) => run(session, number),
        }
    }
}

impl<S> Takes<S> {
    /// Reads what follows a command's name; `None` if it does not fit the command.
    ///
    /// # Errors
    /// A number that is none, or too large.
    pub fn read<'a>(&self, text: &'a str) -> Result<Option<Ready<'a, S>>, Wrong<'a>> {
        let mut words = text.split_ascii_whitespace();
        let words = [words.next(), words.next(), words.next()];
        Ok(Some(match (self, words) {
            (Self::Line(_, run), [Some(_), ..]) => Ready::Word(*run, text),
            (Self::Nothing(run) | Self::Either(_, _, run, _), [None, ..]) => Ready::Plain(*run),
            (Self::Word(_, run), [Some(word), None, _]) => Ready::Word(*run, word),
            (Self::MaybeNumber(_, _, run), [None, ..]) => Ready::Number(*run, 0),
            (
                Self::Number(_, most, run) | Self::MaybeNumber(_, most, run),
                [Some(word), None, _],
            ) => Ready::Number(*run, number(word, *most)?),
            (Self::Either(wanted, most, _, run), [Some(given), Some(word), None])
                if given == *wanted =>
            {
                Ready::Number(*run, number(word, *most)?)
            }
            _ => return Ok(None),
        }))
    }
}

/// As the help and a usage line have it.
impl<S> fmt::Display for Takes<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing(_) => Ok(()),
            Self::Line(name, _) | Self::Word(name, _) | Self::Number(name, ..) => {
                formatter.pad(name)
            }
            Self::MaybeNumber(name, ..) => write!(formatter, "[{name}]"),
            Self::Either(word, ..) => write!(formatter, "[{word} MS]"),
        }
    }
}

/// What is wrong with a line. It displays as one line for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong<'a> {
    /// There is no such command.
    Unknown(&'a str),
    /// Arguments are missing or too many: the command, by its place in the table.
    Usage(usize),
    /// Not a number in the range that the command takes.
    Number(&'a str, u32),
}

/// A number in decimal, or in hexadecimal after `0x`.
fn number(word: &str, most: u32) -> Result<u32, Wrong<'_>> {
    let number = crate::call::number(word, size_of::<u32>(), false);
    number
        .ok()
        .and_then(|number| u32::try_from(number).ok())
        .filter(|&number| number <= most)
        .ok_or(Wrong::Number(word, most))
}
