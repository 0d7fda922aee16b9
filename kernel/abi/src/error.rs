//! The errors of system calls.

/// The reason that a system call, or an access through a lease, did not succeed.
///
/// The discriminant is the value in the result register; 0 there is success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Error {
    /// An argument is malformed: unknown call, bad range, wrong payload type.
    Invalid = 1,
    /// The manifest does not let the caller do this to that task or resource.
    Denied = 2,
    /// The lease (or the binding it stands for) is ending, over, or was never yours.
    Revoked = 3,
    /// The named task is of an older generation: it died or was restarted.
    Dead = 4,
    /// The named task is unbinding and answers no calls.
    Unbound = 5,
    /// Somebody else holds the resource exclusively, or the object is in use.
    Busy = 6,
    /// Nothing of that name, index or kind is there.
    NotFound = 7,
    /// No such device, or it answers nothing but ones.
    NoDevice = 8,
    /// A table of the kernel, sized by the manifest, or an arena is full.
    Exhausted = 9,
    /// A buffer is not wholly inside memory that the task may use that way.
    BadAddress = 10,
    /// A bounded wait ended first.
    TimedOut = 11,
    /// The device or the peer answered something that its contract forbids.
    Protocol = 12,
}

impl Error {
    /// The error with this value in the result register, if there is one.
    pub const fn from_code(code: usize) -> Option<Self> {
        Some(match code {
            1 => Self::Invalid,
            2 => Self::Denied,
            3 => Self::Revoked,
            4 => Self::Dead,
            5 => Self::Unbound,
            6 => Self::Busy,
            7 => Self::NotFound,
            8 => Self::NoDevice,
            9 => Self::Exhausted,
            10 => Self::BadAddress,
            11 => Self::TimedOut,
            12 => Self::Protocol,
            _ => return None,
        })
    }

    /// What the operation of a reply says: 0 is success. A code that no error has breaks the contract of whoever
    /// replied.
    pub fn of_reply(code: u16) -> Result<(), Self> {
        match code {
            0 => Ok(()),
            code => Err(Self::from_code(code.into()).unwrap_or(Self::Protocol)),
        }
    }

    /// The value in the result register.
    pub const fn code(self) -> usize {
        self as usize
    }

    /// One line for a person.
    // Not inline: that would be a table of words, and of their lengths, wherever an error is shown.
    #[inline(never)]
    pub fn text(self) -> &'static str {
        let code = self.code();
        let (start, end) = (ENDS.get(code - 1), ENDS.get(code));
        let words = start.zip(end);
        let words =
            words.and_then(|(start, end)| WORDS.get(usize::from(*start)..usize::from(*end)));
        words.unwrap_or_default()
    }
}

/// What is said of each error, in the order of the codes: one text, and the ends of its parts, because that takes a
/// quarter of the bytes that a table of references takes.
macro_rules! words {
    ($($words:literal)*) => {
        /// All one after another.
        const WORDS: &str = concat!($($words),*);

        /// The end of each, behind 0.
        const ENDS: [u8; 13] = {
            let lengths = [$($words.len()),*];
            let mut ends = [0; 13];
            let mut code = 0;
            while code < lengths.len() {
                ends[code + 1] = ends[code] + lengths[code] as u8;
                code += 1;
            }
            ends
        };
    };
}

words! {
    "invalid argument"
    "not allowed by the manifest"
    "the lease is revoked"
    "the task died"
    "the task is unbound"
    "busy"
    "not found"
    "no such device"
    "out of room"
    "bad address"
    "timed out"
    "unexpected answer"
}

impl core::fmt::Display for Error {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(self.text())
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::Error;
    use std::vec::Vec;

    #[test]
    fn each_error_has_its_own_words() {
        let errors: Vec<Error> = (0..100).filter_map(Error::from_code).collect();
        assert_eq!(errors.len(), 12);
        for (error, code) in errors.iter().zip(1..) {
            assert_eq!(error.code(), code);
            assert!(!error.text().is_empty());
        }
        assert_eq!(Error::of_reply(0), Ok(()));
        assert_eq!(Error::of_reply(6), Err(Error::Busy));
        for unknown in [13, u16::MAX] {
            assert_eq!(Error::of_reply(unknown), Err(Error::Protocol));
        }
        assert_eq!(Error::Invalid.text(), "invalid argument");
        assert_eq!(Error::Busy.text(), "busy");
        assert_eq!(Error::Protocol.text(), "unexpected answer");
    }
}
