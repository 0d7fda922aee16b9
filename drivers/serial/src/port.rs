//! Requests to the console: clients that wait for room, for input, or until the last byte has left.

use crate::chip::Chip;
use crate::uart::Uart;
use heapless::Deque;
use leasehold_abi::Error;

/// Most requests of one kind that may wait at once; further ones get `Busy`.
pub const WAITING: usize = 4;

/// Bytes copied from or to a client at a time.
const CHUNK: usize = 64;

/// A client in a call, with the buffer that it lent.
pub trait Caller {
    /// Copies from its buffer, starting at `offset`.
    ///
    /// # Errors
    /// `Dead` when it is gone.
    fn copy_in(&self, offset: usize, into: &mut [u8]) -> Result<usize, Error>;

    /// Copies to the start of its buffer.
    ///
    /// # Errors
    /// `Dead` when it is gone.
    fn copy_out(&self, from: &[u8]) -> Result<usize, Error>;

    /// Length of its buffer in bytes.
    ///
    /// # Errors
    /// `Dead` when it is gone, `NotFound` when it lent none.
    fn length(&self) -> Result<usize, Error>;

    /// Ends the call: bytes moved, or an error.
    fn reply(self, result: Result<usize, Error>);
}

/// A write, perhaps partly accepted.
#[derive(Debug)]
struct Write<C> {
    caller: C,
    accepted: usize,
    length: usize,
}

/// The UART and the clients that wait for it.
#[derive(Debug)]
pub struct Port<U, C> {
    uart: Uart<U>,
    writers: Deque<Write<C>, WAITING>,
    readers: Deque<C, WAITING>,
    flushers: Deque<C, WAITING>,
}

impl<U: Chip, C: Caller> Port<U, C> {
    /// A port over a UART that is set up.
    pub fn new(uart: Uart<U>) -> Self {
        Self {
            uart,
            writers: Deque::new(),
            readers: Deque::new(),
            flushers: Deque::new(),
        }
    }

    /// The UART.
    pub fn uart(&self) -> &Uart<U> {
        &self.uart
    }

    /// The UART, to quiet it.
    pub fn uart_mut(&mut self) -> &mut Uart<U> {
        &mut self.uart
    }

    /// The clients that wait.
    pub fn callers(&self) -> impl Iterator<Item = &C> {
        let writers = self.writers.iter().map(|write| &write.caller);
        writers.chain(&self.readers).chain(&self.flushers)
    }

    /// Sends the caller's buffer; the reply comes when all of it is accepted.
    pub fn write(&mut self, caller: C) {
        match caller.length() {
            Ok(length) => {
                if let Err(write) = self.writers.push_back(Write {
                    caller,
                    accepted: 0,
                    length,
                }) {
                    return write.caller.reply(Err(Error::Busy));
                }
                self.pump();
            }
            Err(error) => caller.reply(Err(error)),
        }
    }

    /// Fills the caller's buffer with input; the reply comes when there is some.
    pub fn read(&mut self, caller: C) {
        if let Err(caller) = self.readers.push_back(caller) {
            return caller.reply(Err(Error::Busy));
        }
        self.pump();
    }

    /// Fills the caller's buffer with the input that is there, perhaps none.
    pub fn read_ready(&mut self, caller: C) {
        // Clients that wait came earlier.
        if self.readers.is_empty() {
            self.hand_out(caller);
        } else {
            caller.reply(Ok(0));
        }
    }

    /// Replies once all bytes accepted so far have left the chip.
    pub fn flush(&mut self, caller: C) {
        if let Err(caller) = self.flushers.push_back(caller) {
            return caller.reply(Err(Error::Busy));
        }
        self.pump();
    }

    /// Serves the chip, then every client whose wait is over.
    pub fn pump(&mut self) {
        self.uart.service();
        while let Some(mut write) = self.writers.pop_front() {
            match self.accept(&mut write) {
                Ok(true) => write.caller.reply(Ok(write.accepted)),
                Ok(false) => {
                    // There is room: one has just been taken out.
                    let _ = self.writers.push_front(write);
                    break;
                }
                Err(error) => write.caller.reply(Err(error)),
            }
        }
        while self.uart.available() > 0 {
            let Some(caller) = self.readers.pop_front() else {
                break;
            };
            self.hand_out(caller);
        }
        if self.writers.is_empty() && !self.flushers.is_empty() {
            self.uart.await_drained(true);
            if self.uart.is_drained() {
                while let Some(caller) = self.flushers.pop_front() {
                    caller.reply(Ok(0));
                }
                self.uart.await_drained(false);
            }
        }
    }

    /// Accepts as many bytes as there is room for; true if those were the last.
    fn accept(&mut self, write: &mut Write<C>) -> Result<bool, Error> {
        let mut chunk = [0; CHUNK];
        while write.accepted < write.length {
            let wanted = (write.length - write.accepted)
                .min(self.uart.room())
                .min(CHUNK);
            if wanted == 0 {
                return Ok(false);
            }
            let count = write
                .caller
                .copy_in(write.accepted, &mut chunk[..wanted])?
                .min(wanted);
            if count == 0 {
                return Err(Error::Protocol);
            }
            write.accepted += self.uart.send(&chunk[..count]);
        }
        Ok(true)
    }

    fn hand_out(&mut self, caller: C) {
        let mut chunk = [0; CHUNK];
        let result = caller.length().and_then(|length| {
            // Only as many bytes as the caller has room for leave the ring.
            let count = self.uart.receive(&mut chunk[..length.min(CHUNK)]);
            caller.copy_out(&chunk[..count])
        });
        caller.reply(result);
    }
}

#[cfg(test)]
mod tests;
