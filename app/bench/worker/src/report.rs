//! The words of commands and reports.

use leasehold_abi::MESSAGE_WORDS;
use userlib::sys;

/// Words of a command or a report.
pub(crate) type Words = [usize; MESSAGE_WORDS];

/// A report of a few words.
pub(crate) fn words(from: &[usize]) -> Words {
    let mut words = [0; MESSAGE_WORDS];
    for (to, value) in words.iter_mut().zip(from) {
        *to = *value;
    }
    words
}

/// Status register value of a result: 0, or the error's code.
pub(crate) fn code<T>(result: Result<T, sys::Error>) -> usize {
    result.err().map_or(0, sys::Error::code)
}
