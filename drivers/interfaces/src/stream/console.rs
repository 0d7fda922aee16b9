//! A console as a stream.

use super::ahead::Ahead;
use super::error::{StreamError, count};
use crate::ConsoleClient;
use embedded_io::{ErrorType, Read, ReadReady, Write};
use leasehold_abi::Error;

/// A console, as something to read from and write to.
///
/// It has no `WriteReady`: a console cannot be asked for room.
#[derive(Debug)]
pub struct ConsoleStream {
    console: ConsoleClient,
    ahead: Ahead,
}

impl ConsoleStream {
    /// The stream of this console.
    pub const fn new(console: ConsoleClient) -> Self {
        Self {
            console,
            ahead: Ahead::Unknown,
        }
    }

    /// The console. A byte that `read_ready` has seen is given by `read` alone.
    pub const fn console(&mut self) -> &mut ConsoleClient {
        &mut self.console
    }
}

impl ErrorType for ConsoleStream {
    type Error = StreamError;
}

impl Read for ConsoleStream {
    /// Waits for input.
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, StreamError> {
        match self.ahead.take(bytes) {
            Some(count) => Ok(count),
            None => match count(self.console.read(bytes), bytes.len())? {
                // A console has no end; a driver that says so breaks the protocol.
                0 => Err(StreamError(Error::Protocol)),
                count => Ok(count),
            },
        }
    }
}

impl ReadReady for ConsoleStream {
    fn read_ready(&mut self) -> Result<bool, StreamError> {
        if self.ahead == Ahead::Unknown {
            let mut byte = [0];
            match count(self.console.read_ready(&mut byte), byte.len())? {
                0 => return Ok(false),
                count => self.ahead = Ahead::of(count, byte[0]),
            }
        }
        Ok(true)
    }
}

impl Write for ConsoleStream {
    /// Waits until all of `bytes` is accepted.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        if bytes.is_empty() {
            return Ok(0);
        }
        // It accepts all or fails.
        match count(self.console.write(bytes), bytes.len())? {
            count if count == bytes.len() => Ok(count),
            _ => Err(StreamError(Error::Protocol)),
        }
    }

    /// Waits until every accepted byte has left the chip.
    fn flush(&mut self) -> Result<(), StreamError> {
        self.console.flush().map(|_| ()).map_err(StreamError)
    }
}
