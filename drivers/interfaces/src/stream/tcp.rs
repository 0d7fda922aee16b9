//! A connection of the network stack as a stream.

use super::ahead::Ahead;
use super::error::{StreamError, count};
use crate::{Endpoint, SocketsClient};
use embedded_io::{ErrorType, Read, ReadReady, Write, WriteReady};
use leasehold_abi::Error;

/// A connection, which is closed with this.
///
/// ```
/// use driver_interfaces::{Endpoint, SocketsClient, TcpStream};
/// use embedded_io::{Read, Write};
///
/// /// Sends a line, and reads the answer until the other side ends.
/// fn ask(line: &str, answer: &mut [u8]) -> Result<usize, leasehold_abi::Error> {
///     let net = SocketsClient::connect("net")?;
///     let to = Endpoint::new([10, 0, 2, 2], 7);
///     let mut stream = TcpStream::open(net, to, 10_000)?.with_patience(30_000);
///     stream.write_all(line.as_bytes())?;
///     stream.finish()?;
///     let mut length = 0;
///     loop {
///         match stream.read(&mut answer[length..])? {
///             0 => return Ok(length),
///             count => length += count,
///         }
///     }
/// }
/// # // Here is no kernel that could find the stack.
/// # assert!(ask("hello\r\n", &mut [0; 64]).is_err());
/// ```
#[derive(Debug)]
pub struct TcpStream {
    net: SocketsClient,
    socket: u32,
    patience: u32,
    ahead: Ahead,
}

impl TcpStream {
    /// A new connection to `to`, which may take so many milliseconds.
    ///
    /// # Errors
    /// Those of [`Sockets::open`](crate::SocketsServer::open).
    pub fn open(mut net: SocketsClient, to: Endpoint, milliseconds: u32) -> Result<Self, Error> {
        let socket = net.open(to, milliseconds)?;
        Ok(Self::of(net, socket))
    }

    /// The connection that this socket is, for example one that was accepted.
    pub const fn of(net: SocketsClient, socket: u32) -> Self {
        Self {
            net,
            socket,
            patience: u32::MAX,
            ahead: Ahead::Unknown,
        }
    }

    /// Each call waits for so many milliseconds at most, then it is `TimedOut`. Without this they are as many as there
    /// can be: 49 days.
    #[must_use]
    pub const fn with_patience(mut self, milliseconds: u32) -> Self {
        self.patience = milliseconds;
        self
    }

    /// No more will be written. What the other side sends can still be read.
    ///
    /// # Errors
    /// Those of [`Sockets::finish`](crate::SocketsServer::finish).
    pub fn finish(&mut self) -> Result<(), StreamError> {
        self.net.finish(self.socket).map_err(StreamError)
    }
}

impl Drop for TcpStream {
    fn drop(&mut self) {
        // If the stack has died, the connection has too.
        let _ = self.net.close(self.socket);
    }
}

impl ErrorType for TcpStream {
    type Error = StreamError;
}

impl Read for TcpStream {
    /// Waits for data, and gives 0 when the other side has ended.
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, StreamError> {
        match self.ahead.take(bytes) {
            Some(count) => Ok(count),
            None => {
                let said = self.net.receive(self.socket, self.patience, bytes);
                count(said, bytes.len())
            }
        }
    }
}

impl ReadReady for TcpStream {
    fn read_ready(&mut self) -> Result<bool, StreamError> {
        if self.ahead == Ahead::Unknown {
            // The state of a socket does not tell a connection without data from one that the other side has ended.
            let mut byte = [0];
            match self.net.receive(self.socket, 0, &mut byte) {
                Err(Error::Busy) => return Ok(false),
                said => self.ahead = Ahead::of(count(said, byte.len())?, byte[0]),
            }
        }
        Ok(true)
    }
}

impl Write for TcpStream {
    /// Waits until the stack takes some of `bytes`.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        if bytes.is_empty() {
            return Ok(0);
        }
        match count(
            self.net.send(self.socket, self.patience, bytes),
            bytes.len(),
        )? {
            // It takes some or fails; `write_all` would panic.
            0 => Err(StreamError(Error::Protocol)),
            count => Ok(count),
        }
    }

    /// Does nothing: the stack sends what it has taken as soon as it can, also after this is dropped.
    fn flush(&mut self) -> Result<(), StreamError> {
        Ok(())
    }
}

impl WriteReady for TcpStream {
    /// Whether the stack takes some, or fails at once because the connection has ended.
    fn write_ready(&mut self) -> Result<bool, StreamError> {
        let state = self.net.state(self.socket).map_err(StreamError)?;
        Ok(state.room > 0 || state.is_open == 0)
    }
}
