//! A controller: transfers, and what becomes of one that does not end.

use crate::bus::Bus;
use crate::registers::*;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use driver_interfaces::I2cError;
use embedded_hal::i2c::{ErrorType, Operation};
use userlib::{Error, time};

/// The rate for which the vendor's device tree has its counts, and these (revyos/thead-kernel
/// arch/riscv/boot/dts/thead/th1520.dtsi, `ss_hcnt`, `ss_lcnt`).
const RATE: u64 = 50_000_000;
const COUNTS: (u64, u64) = (0x104, 0xec);

/// How long the controller may take to end a transfer or to turn off, in microseconds: more than the ten clocks of the
/// bus that a byte takes.
const END: u64 = 1_000;

/// A controller that is a master, at 100 kHz.
#[derive(Debug)]
pub struct Controller<B> {
    bus: B,
    /// Of its clock, in Hz.
    rate: u32,
    /// How many commands and bytes it holds.
    send_depth: u32,
    receive_depth: u32,
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

impl<B: Bus> Controller<B> {
    /// A controller whose clock has this rate in Hz. Nothing is stored to it before a transfer.
    ///
    /// # Errors
    /// `NoDevice`: another block answers. `Invalid`: no rate.
    pub fn new(bus: B, rate: u32) -> Result<Self, Error> {
        if rate == 0 {
            return Err(Error::Invalid);
        }
        if bus.load(IDENTITY)? != TYPE {
            return Err(Error::NoDevice);
        }
        let parameters = bus.load(PARAMETERS)?;
        Ok(Self {
            bus,
            rate,
            send_depth: (parameters >> 16 & 0xff) + 1,
            receive_depth: (parameters >> 8 & 0xff) + 1,
        })
    }

    /// Sets it up as a master at 100 kHz, without an interrupt. It must be off.
    fn set_up(&self, target: u8) -> Result<(), Error> {
        let count = |count: u64| (count * u64::from(self.rate)).div_ceil(RATE) as u32;
        let base = control::MASTER | control::STANDARD | control::RESTART | control::NO_SLAVE;
        for (register, value) in [
            (CONTROL, base | control::BUS_CLEAR),
            (HIGH, count(COUNTS.0)),
            (LOW, count(COUNTS.1)),
            (SEND_LEVEL, 0),
            (RECEIVE_LEVEL, 0),
            (TARGET, target.into()),
        ] {
            self.bus.store(register, value)?;
        }
        Ok(())
    }

    /// Does all operations in one transfer with a target of 7 bits. Each begins as `embedded-hal` says: anew where the
    /// direction changes, and with one stop at the end.
    ///
    /// # Errors
    /// What came of it on the bus; the bus is free then, or [`I2cError::Stuck`].
    pub async fn transfer(
        &mut self,
        target: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), I2cError> {
        if target > 0x7f || Place::default().next(operations, false).is_none() {
            // The controller sends an address only with a byte.
            return Err(I2cError::Impossible);
        }
        if self.bus.load(STATUS)? & status::MASTER != 0 {
            self.give_up()?;
        }
        self.turn_off()?;
        self.set_up(target)?;
        self.bus.store(ENABLE, enable::ON)?;
        // An abort too: until it is cleared no command is taken.
        self.bus.load(CLEAR)?;
        let done = self.bytes(operations).await;
        match done {
            Ok(()) => {}
            // The controller has sent the stop.
            Err(I2cError::NoAddress | I2cError::NoData | I2cError::Arbitration) => {}
            Err(_) => self.give_up()?,
        }
        self.turn_off()?;
        done
    }

    /// Passes the bytes of all operations.
    async fn bytes(&mut self, operations: &mut [Operation<'_>]) -> Result<(), I2cError> {
        let mut sent = Place::default().next(operations, false);
        let mut received = Place::default().next(operations, true);
        // Reads that were asked for and whose bytes were not taken.
        let mut asked = 0;
        let mut before: Option<bool> = None;
        loop {
            let events = self.bus.load(EVENTS)?;
            if events & event::ABORT != 0 {
                let source = self.bus.load(ABORT_SOURCE)?;
                return Err(aborted(source));
            }
            while let Some(place) = received
                && self.bus.load(STATUS)? & status::RECEIVED != 0
            {
                let byte = self.bus.load(DATA)? as u8;
                if let Operation::Read(buffer) = &mut operations[place.operation] {
                    buffer[place.byte] = byte;
                }
                asked -= 1;
                received = place.after().next(operations, true);
            }
            let waiting = self.bus.load(SEND_COUNT)?;
            let mut room = self.send_depth.saturating_sub(waiting);
            while let Some(place) = sent {
                let (reads, byte) = match &operations[place.operation] {
                    Operation::Read(_) => (true, command::READ),
                    Operation::Write(bytes) => (false, bytes[place.byte].into()),
                };
                if room == 0 || reads && asked == self.receive_depth {
                    break;
                }
                sent = place.after().next(operations, false);
                let turns = before.is_some_and(|before| before != reads);
                let restart = if turns { command::RESTART } else { 0 };
                let stop = if sent.is_none() { command::STOP } else { 0 };
                self.bus.store(DATA, byte | restart | stop)?;
                before = Some(reads);
                asked += u32::from(reads);
                room -= 1;
            }
            if sent.is_none() && received.is_none() && events & event::STOP != 0 {
                return Ok(());
            }
            let mut wanted = event::ABORT;
            if asked > 0 {
                wanted |= event::RECEIVED;
            } else if sent.is_some() {
                wanted |= event::ROOM;
            } else {
                wanted |= event::STOP;
            }
            self.bus.event(wanted).await?;
        }
    }

    /// Ends what goes over the bus, whatever it is.
    fn give_up(&mut self) -> Result<(), I2cError> {
        self.bus.store(ENABLE, enable::ON | enable::ABORT)?;
        if self.until(ENABLE, enable::ABORT).is_ok() {
            self.bus.load(CLEAR)?;
            return Ok(());
        }
        if self.bus.load(CONTROL)? & control::BUS_CLEAR != 0 {
            self.bus.store(ENABLE, enable::ON | enable::RECOVER)?;
            if self.until(ENABLE, enable::RECOVER).is_ok() {
                self.bus.load(CLEAR)?;
                return Ok(());
            }
        }
        Err(I2cError::Stuck)
    }

    /// Turns the controller off; what its FIFOs hold is lost.
    fn turn_off(&mut self) -> Result<(), Error> {
        self.bus.store(INTERRUPTS, 0)?;
        self.bus.store(ENABLE, 0)?;
        self.until(IS_ON, enable::ON)
    }

    /// Waits until bits of a register are 0.
    fn until(&self, register: usize, bits: u32) -> Result<(), Error> {
        time::poll_until(time::after_microseconds(END), || {
            match self.bus.load(register) {
                Ok(value) => (value & bits == 0).then_some(Ok(())),
                Err(error) => Some(Err(error)),
            }
        })?
    }
}

/// What an abort means.
fn aborted(source: u32) -> I2cError {
    if source & abort::ARBITRATION != 0 {
        I2cError::Arbitration
    } else if source & abort::ADDRESS != 0 {
        I2cError::NoAddress
    } else if source & abort::DATA != 0 {
        I2cError::NoData
    } else {
        I2cError::Impossible
    }
}

impl<B> ErrorType for Controller<B> {
    type Error = I2cError;
}

impl<B: Bus> embedded_hal_async::i2c::I2c for Controller<B> {
    async fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), I2cError> {
        self.transfer(address, operations).await
    }
}

impl embedded_hal::i2c::I2c for Controller<crate::Polled<'_, '_>> {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), I2cError> {
        let transfer = pin!(self.transfer(address, operations));
        match transfer.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => done,
            // A bus that is polled has no future that waits.
            Poll::Pending => Err(I2cError::Impossible),
        }
    }
}

#[cfg(test)]
mod tests;
