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

    /// The value in the result register.
    pub const fn code(self) -> usize {
        self as usize
    }

    /// One line for a person.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Invalid => "invalid argument",
            Self::Denied => "not allowed by the manifest",
            Self::Revoked => "the lease is revoked",
            Self::Dead => "the task died",
            Self::Unbound => "the task is unbound",
            Self::Busy => "busy",
            Self::NotFound => "not found",
            Self::NoDevice => "no such device",
            Self::Exhausted => "out of room",
            Self::BadAddress => "bad address",
            Self::TimedOut => "timed out",
            Self::Protocol => "unexpected answer",
        }
    }
}

impl core::fmt::Display for Error {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(self.text())
    }
}

impl core::error::Error for Error {}
