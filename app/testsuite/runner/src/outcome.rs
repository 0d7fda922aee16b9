//! How a test ends, and the macros that end it.

use userlib::text::Text;

/// Longest reason of a failure, in bytes: one line. What does not fit is cut, with a mark.
const REASON: usize = 104;

/// Why a test did not pass.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Its time limit came first.
    Hung,
    /// Something was not as it should be.
    Because(Text<REASON>),
}

/// What a test, or a step of one, answers.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// A failure with this reason.
pub(crate) fn because(reason: core::fmt::Arguments<'_>) -> Failure {
    Failure::Because(Text::of(reason))
}

/// Ends the test with a reason.
macro_rules! fail {
    ($($reason:tt)+) => {
        return Err($crate::outcome::because(format_args!($($reason)+)))
    };
}

/// Ends the test unless the condition holds.
macro_rules! check {
    ($condition:expr, $($reason:tt)+) => {
        if !$condition {
            $crate::outcome::fail!($($reason)+);
        }
    };
}

/// Ends the test unless both are equal: what it is, what it is said to be.
macro_rules! equal {
    ($what:expr, $got:expr, $expected:expr) => {
        match (&$got, &$expected) {
            (got, expected) => {
                if got != expected {
                    $crate::outcome::fail!("{}: {:x?}, not {:x?}", $what, got, expected);
                }
            }
        }
    };
}

pub(crate) use {check, equal, fail};
