//! The debugger's bytes, on standard input and output.

use gdbstub::conn::{Connection as Writes, ConnectionExt};
use std::io::{Error, ErrorKind, Read, Write};
use std::sync::mpsc::{Receiver, TryRecvError, channel};

/// The debugger's end.
pub(super) struct Connection {
    input: Receiver<u8>,
    /// A byte that was looked at.
    next: Option<u8>,
    output: Box<dyn Write>,
}

impl Connection {
    pub(super) fn new() -> Self {
        Self::of(std::io::stdin(), Box::new(std::io::stdout()))
    }

    /// A thread reads, so that the machine runs on while nothing comes. It ends with the process.
    pub(super) fn of(mut from: impl Read + Send + 'static, output: Box<dyn Write>) -> Self {
        let (sender, input) = channel();
        std::thread::spawn(move || {
            let mut piece = [0; 256];
            while let Ok(count @ 1..) = from.read(&mut piece) {
                if piece[..count]
                    .iter()
                    .any(|byte| sender.send(*byte).is_err())
                {
                    break;
                }
            }
        });
        Self {
            input,
            next: None,
            output,
        }
    }
}

fn gone() -> Error {
    Error::from(ErrorKind::UnexpectedEof)
}

impl Writes for Connection {
    type Error = Error;

    fn write(&mut self, byte: u8) -> Result<(), Error> {
        self.output.write_all(&[byte])
    }

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.output.write_all(bytes)
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.output.flush()
    }
}

impl ConnectionExt for Connection {
    fn read(&mut self) -> Result<u8, Error> {
        match self.next.take() {
            Some(byte) => Ok(byte),
            None => self.input.recv().map_err(|_| gone()),
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, Error> {
        if self.next.is_none() {
            self.next = match self.input.try_recv() {
                Ok(byte) => Some(byte),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => return Err(gone()),
            };
        }
        Ok(self.next)
    }
}
