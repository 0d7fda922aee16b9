//! A controller: transfers, and what becomes of one that does not end.

use crate::bus::Bus;
use crate::progress::{Depths, Progress};
use crate::registers::{Registers, TYPE};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use driver_interfaces::I2cError;
use embedded_hal::i2c::{ErrorType, Operation};
use userlib::Error;

/// A controller that is a master, at 100 kHz.
#[derive(Debug)]
pub struct Controller<B> {
    bus: B,
    /// Of its clock, in Hz.
    rate: u32,
    depths: Depths,
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
        let depths = bus.registers(|registers| {
            if registers.identity().try_get()? != TYPE {
                return Err(Error::NoDevice);
            }
            Depths::of(registers)
        })?;
        Ok(Self { bus, rate, depths })
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
        // The controller sends an address only with a byte.
        let progress = Progress::new(operations).filter(|_| target <= 0x7f);
        let progress = progress.ok_or(I2cError::Impossible)?;
        let rate = self.rate;
        self.bus
            .registers(|registers| registers.begin(target, rate))?;
        let done = self.pass(progress).await;
        self.bus.registers(|registers| {
            match done {
                Ok(()) => {}
                // The controller has sent the stop.
                Err(I2cError::NoAddress | I2cError::NoData | I2cError::Arbitration) => {}
                Err(_) => registers.give_up()?,
            }
            registers.turn_off()?;
            done
        })
    }

    /// Passes the bytes of all operations.
    async fn pass(&mut self, mut progress: Progress<'_, '_>) -> Result<(), I2cError> {
        let depths = self.depths;
        loop {
            let step = |registers: Registers<'_>| progress.advance(registers, depths);
            let Some(wanted) = self.bus.registers(step)? else {
                return Ok(());
            };
            self.bus.event(wanted).await?;
        }
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
