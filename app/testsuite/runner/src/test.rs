//! A test, and the list of those of a file.

use crate::board::Need;
use crate::outcome::Outcome;
use crate::suite::Suite;

/// A test.
pub(crate) struct Test {
    /// The file that it is in.
    pub(crate) topic: &'static str,
    /// The function's name.
    pub(crate) name: &'static str,
    /// What it needs that not every board has.
    pub(crate) needs: &'static [Need],
    /// The function.
    pub(crate) run: fn(&mut Suite) -> Outcome,
}

impl Test {
    /// Whether `only` is a part of the name or the topic.
    pub(crate) fn matches(&self, only: &str) -> bool {
        self.topic == only || self.name.contains(only)
    }
}

/// Lists the tests of a file, each with what it needs that not every board has.
macro_rules! tests {
    ($topic:literal: $($name:ident $(if $need:ident)?),+ $(,)?) => {
        /// The tests of this file.
        pub(super) const TESTS: &[crate::test::Test] = &[
            $(crate::test::Test {
                topic: $topic,
                name: stringify!($name),
                needs: &[$(crate::board::Need::$need)?],
                run: $name,
            }),+
        ];
    };
}

pub(crate) use tests;
