//! Which grant of a kind is meant.

/// Which grant of a kind is meant.
#[derive(Clone, Copy, Debug)]
pub enum Select<'a> {
    /// By place among the grants of the kind, from 0.
    Index(usize),
    /// By name.
    Name(&'a str),
}

impl From<usize> for Select<'_> {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl<'a> From<&'a str> for Select<'a> {
    fn from(name: &'a str) -> Self {
        Self::Name(name)
    }
}
