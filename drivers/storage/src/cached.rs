//! What files need of a medium with a cache, beside its blocks.

use class_block::Failure;
use core::fmt;

/// Why a request was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediumError {
    /// The disk says so.
    Failed(Failure),
    /// No disk answered in time.
    Gone,
}

impl fmt::Display for MediumError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => failure.fmt(formatter),
            Self::Gone => formatter.write_str("no disk answered"),
        }
    }
}

impl core::error::Error for MediumError {}

/// A medium with a cache.
pub trait Flush {
    /// What was written is on the medium.
    ///
    /// # Errors
    /// Those of the medium.
    fn flush(&self) -> Result<(), MediumError>;
}
