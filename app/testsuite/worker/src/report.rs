//! The words of reports.

use leasehold_abi::MESSAGE_WORDS;

/// Words of a report.
pub(crate) type Words = [usize; MESSAGE_WORDS];

/// A report of a few words.
pub(crate) fn words(from: &[usize]) -> Words {
    let mut words = [0; MESSAGE_WORDS];
    for (to, value) in words.iter_mut().zip(from) {
        *to = *value;
    }
    words
}
