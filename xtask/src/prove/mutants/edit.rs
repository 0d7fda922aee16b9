//! What is changed at one place of a source so that mutants stand behind switches there.

use std::ops::Range;

/// What is done at one place.
#[derive(Debug)]
pub(super) enum Kind {
    /// Nothing: what is wrong here is the mutants' fault.
    Mark,
    /// It goes away.
    Gone,
    /// The function returns at once.
    Body,
    /// A match arm does not match, or its guard says something else; the guard, if there is one.
    Arm(Option<Range<usize>>),
    /// A field of a structure is that of what fills the others up.
    Field {
        name: String,
        value: Range<usize>,
        base: Range<usize>,
        is_short: bool,
    },
    /// Another operator.
    Binary {
        operator: String,
        left: Range<usize>,
        right: Range<usize>,
    },
    /// No operator.
    Unary {
        operator: char,
        operand: Range<usize>,
    },
}

/// One place, and what is done there.
#[derive(Debug)]
pub(super) struct Edit {
    /// The bytes of the source whose place it takes.
    pub(super) range: Range<usize>,
    /// What is done.
    pub(super) kind: Kind,
    /// The mutants that it has, by their numbers.
    pub(super) mutants: Vec<usize>,
}
