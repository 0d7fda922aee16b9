//! What a driver can say of its picture that cannot be.

use core::fmt;
use userlib::Error;

/// Why a picture is not drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A side without pixels, or with more than any display has.
    Side,
    /// Lines that overlap, that do not start at a pixel, or that are longer than memory.
    Stride,
    /// The picture does not end in the window that was lent for it.
    Window,
    /// The window was lent without the right to write.
    ReadOnly,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Side => "a side has no pixels, or too many",
            Self::Stride => "the distance of its lines is impossible",
            Self::Window => "the picture is larger than its window",
            Self::ReadOnly => "the window cannot be written",
        })
    }
}

impl From<Fault> for Error {
    /// The driver breaks the rules.
    fn from(_: Fault) -> Self {
        Self::Protocol
    }
}
