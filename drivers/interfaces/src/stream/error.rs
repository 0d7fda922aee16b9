//! Why a stream failed, in the system's words and in those of `embedded-io`.

use core::fmt;
use embedded_io::ErrorKind;
use leasehold_abi::Error;

/// Why the stream failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamError(pub Error);

/// How many bytes the other task says that it moved. It is not believed: `Protocol` for more than there were.
pub(super) fn count(said: Result<u32, Error>, most: usize) -> Result<usize, StreamError> {
    match said {
        Ok(count) if count as usize <= most => Ok(count as usize),
        Ok(_) => Err(StreamError(Error::Protocol)),
        Err(error) => Err(StreamError(error)),
    }
}

impl embedded_io::Error for StreamError {
    fn kind(&self) -> ErrorKind {
        match self.0 {
            Error::Invalid => ErrorKind::InvalidInput,
            Error::Denied => ErrorKind::PermissionDenied,
            Error::Dead | Error::Unbound | Error::Revoked => ErrorKind::BrokenPipe,
            Error::NotFound | Error::NoDevice => ErrorKind::NotFound,
            Error::Exhausted => ErrorKind::OutOfMemory,
            Error::TimedOut => ErrorKind::TimedOut,
            Error::Busy | Error::BadAddress | Error::Protocol => ErrorKind::Other,
        }
    }
}

impl From<StreamError> for Error {
    fn from(error: StreamError) -> Self {
        error.0
    }
}

impl fmt::Display for StreamError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl core::error::Error for StreamError {}
