//! The console as a byte stream of `embedded-io`, so that crates written for it run on top.

use crate::ConsoleClient;
use core::fmt;
use embedded_io::{ErrorKind, ErrorType, Read, Write};
use leasehold_abi::Error;

/// A console, as something to read from and write to.
#[derive(Debug)]
pub struct ConsoleStream(ConsoleClient);

/// Why the console failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamError(pub Error);

impl ConsoleStream {
    /// The stream of this console.
    pub const fn new(console: ConsoleClient) -> Self {
        Self(console)
    }

    /// The console.
    pub fn console(&mut self) -> &mut ConsoleClient {
        &mut self.0
    }
}

impl ErrorType for ConsoleStream {
    type Error = StreamError;
}

impl Read for ConsoleStream {
    /// Waits for input.
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, StreamError> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let count = self.0.read(bytes).map_err(StreamError)? as usize;
        // The driver is another task: what it says is checked.
        if count > bytes.len() {
            Err(StreamError(Error::Protocol))
        } else {
            Ok(count)
        }
    }
}

impl Write for ConsoleStream {
    /// Waits until all of `bytes` is accepted.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let count = self.0.write(bytes).map_err(StreamError)? as usize;
        // The driver is another task: what it says is checked. It accepts all or fails.
        if count == bytes.len() {
            Ok(count)
        } else {
            Err(StreamError(Error::Protocol))
        }
    }

    /// Waits until every accepted byte has left the chip.
    fn flush(&mut self) -> Result<(), StreamError> {
        self.0.flush().map(|_| ()).map_err(StreamError)
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

impl fmt::Display for StreamError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl core::error::Error for StreamError {}
