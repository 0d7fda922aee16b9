//! How far a transfer is: which byte is sent next, and which is received next.

use crate::bus::Events;
use crate::registers::{Abort, Command, Event, Parameters, Received, Registers, Status};
use driver_interfaces::I2cError;
use embedded_hal::i2c::Operation;
use userlib::Error;
use userlib::io::LocalRegisterCopy;

/// How many commands and bytes a controller holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Depths {
    send: u32,
    receive: u32,
}

impl Depths {
    /// Those of this controller.
    pub(crate) fn of(registers: Registers<'_>) -> Result<Self, Error> {
        let parameters = registers.parameters().try_extract()?;
        Ok(Self {
            send: parameters.read(Parameters::SEND_DEPTH) + 1,
            receive: parameters.read(Parameters::RECEIVE_DEPTH) + 1,
        })
    }
}

/// The bytes of all operations, one after the other.
#[derive(Clone, Copy, Default)]
struct Place {
    operation: usize,
    byte: usize,
}

impl Place {
    /// The next byte from here on in an operation that reads, or in any.
    fn next(mut self, operations: &[Operation<'_>], reads: bool) -> Option<Self> {
        loop {
            let (is_read, length) = match operations.get(self.operation)? {
                Operation::Read(buffer) => (true, buffer.len()),
                Operation::Write(bytes) => (false, bytes.len()),
            };
            if self.byte < length && (is_read || !reads) {
                return Some(self);
            }
            self = Self {
                operation: self.operation + 1,
                byte: 0,
            };
        }
    }

    fn after(self) -> Self {
        Self {
            byte: self.byte + 1,
            ..self
        }
    }
}

/// A transfer of all operations, and how far it is.
pub(crate) struct Progress<'t, 'b> {
    operations: &'t mut [Operation<'b>],
    sent: Option<Place>,
    received: Option<Place>,
    /// Reads that were asked for and whose bytes were not taken.
    asked: u32,
    /// Whether the last command reads.
    before: Option<bool>,
}

impl<'t, 'b> Progress<'t, 'b> {
    /// A transfer that has not begun, if it has a byte.
    pub(crate) fn new(operations: &'t mut [Operation<'b>]) -> Option<Self> {
        let sent = Some(Place::default().next(operations, false)?);
        let received = Place::default().next(operations, true);
        Some(Self {
            operations,
            sent,
            received,
            asked: 0,
            before: None,
        })
    }

    /// Takes the bytes that came, and sends what there is room for. Gives the events to wait for before this is of use
    /// again, or none when all is done.
    ///
    /// # Errors
    /// Why the transfer was aborted.
    pub(crate) fn advance(
        &mut self,
        registers: Registers<'_>,
        depths: Depths,
    ) -> Result<Option<Events>, I2cError> {
        let events = registers.events().try_extract()?;
        if events.is_set(Event::ABORT) {
            return Err(aborted(registers.abort_source().try_extract()?));
        }
        self.receive(registers)?;
        self.send(registers, depths)?;
        let all = self.sent.is_none() && self.received.is_none();
        if all && events.is_set(Event::STOP) {
            return Ok(None);
        }
        let next = if self.asked > 0 {
            Event::RECEIVED::SET
        } else if self.sent.is_some() {
            Event::ROOM::SET
        } else {
            Event::STOP::SET
        };
        Ok(Some(Event::ABORT::SET + next))
    }

    fn receive(&mut self, registers: Registers<'_>) -> Result<(), Error> {
        while let Some(place) = self.received
            && registers.status().try_extract()?.is_set(Status::RECEIVED)
        {
            let byte = registers.received().try_take()?.read(Received::BYTE) as u8;
            if let Operation::Read(buffer) = &mut self.operations[place.operation] {
                buffer[place.byte] = byte;
            }
            self.asked -= 1;
            self.received = place.after().next(self.operations, true);
        }
        Ok(())
    }

    fn send(&mut self, registers: Registers<'_>, depths: Depths) -> Result<(), Error> {
        let waiting = registers.send_count().try_get()?;
        let mut room = depths.send.saturating_sub(waiting);
        while let Some(place) = self.sent {
            let (reads, command) = match &self.operations[place.operation] {
                Operation::Read(_) => (true, Command::READ::SET),
                Operation::Write(bytes) => (false, Command::BYTE.val(bytes[place.byte].into())),
            };
            if room == 0 || reads && self.asked == depths.receive {
                break;
            }
            self.sent = place.after().next(self.operations, false);
            let turns = self.before.is_some_and(|before| before != reads);
            let restart = Command::RESTART.val(turns.into());
            let stop = Command::STOP.val(self.sent.is_none().into());
            registers.command().try_write(command + restart + stop)?;
            self.before = Some(reads);
            self.asked += u32::from(reads);
            room -= 1;
        }
        Ok(())
    }
}

/// What an abort means.
fn aborted(source: LocalRegisterCopy<u32, Abort::Register>) -> I2cError {
    if source.is_set(Abort::ARBITRATION) {
        I2cError::Arbitration
    } else if source.is_set(Abort::ADDRESS) {
        I2cError::NoAddress
    } else if source.is_set(Abort::DATA) {
        I2cError::NoData
    } else {
        I2cError::Impossible
    }
}
