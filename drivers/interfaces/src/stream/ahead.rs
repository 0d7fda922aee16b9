//! What a stream has read ahead: servers cannot be asked whether there is something to read, only for it.

/// What is read next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Ahead {
    /// Whatever the server has.
    #[default]
    Unknown,
    /// This byte.
    Byte(u8),
    /// Nothing any more.
    End,
}

impl Ahead {
    /// What a read of one byte without waiting has shown.
    pub(super) const fn of(count: usize, byte: u8) -> Self {
        match count {
            0 => Self::End,
            _ => Self::Byte(byte),
        }
    }

    /// Gives what is here. `None`: the server is to be asked.
    pub(super) fn take(&mut self, into: &mut [u8]) -> Option<usize> {
        match (*self, into.first_mut()) {
            (_, None) | (Self::End, _) => Some(0),
            (Self::Byte(byte), Some(first)) => {
                *first = byte;
                *self = Self::Unknown;
                Some(1)
            }
            (Self::Unknown, _) => None,
        }
    }
}
