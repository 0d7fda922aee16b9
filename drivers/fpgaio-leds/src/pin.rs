//! One LED as a pin of `embedded-hal`, so that code for a pin also runs on a lease.

use core::fmt;
use driver_fpgaio::payload::Leds;
use embedded_hal::digital::{self, ErrorKind, ErrorType, OutputPin, StatefulOutputPin};
use leasehold_abi::Error;

/// An LED that this task has on lease; high is lit. The parent makes each change, so it is notified of each.
pub struct Led<'p, 'a, R> {
    leds: &'p Leds<'a>,
    bit: u32,
    ring: R,
}

impl<'p, 'a, R: FnMut() -> Result<(), Error>> Led<'p, 'a, R> {
    /// LED `number`, from 0; `ring` tells the parent.
    pub const fn new(leds: &'p Leds<'a>, number: u32, ring: R) -> Self {
        let bit = 1 << (number % u32::BITS);
        Self { leds, bit, ring }
    }

    fn set(&mut self, lit: bool) -> Result<(), PinError> {
        let (bit, others) = (if lit { self.bit } else { 0 }, !self.bit);
        self.leds.change(|wanted| wanted & others | bit)?;
        Ok((self.ring)()?)
    }
}

/// Why an LED could not be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinError(pub Error);

impl From<Error> for PinError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl digital::Error for PinError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl fmt::Display for PinError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl core::error::Error for PinError {}

impl<R> ErrorType for Led<'_, '_, R> {
    type Error = PinError;
}

impl<R: FnMut() -> Result<(), Error>> OutputPin for Led<'_, '_, R> {
    fn set_low(&mut self) -> Result<(), PinError> {
        self.set(false)
    }

    fn set_high(&mut self) -> Result<(), PinError> {
        self.set(true)
    }
}

impl<R: FnMut() -> Result<(), Error>> StatefulOutputPin for Led<'_, '_, R> {
    /// Whether it is lit, by the register's value, not by the wanted value.
    fn is_set_high(&mut self) -> Result<bool, PinError> {
        Ok(self.leds.lit()? & self.bit != 0)
    }

    fn is_set_low(&mut self) -> Result<bool, PinError> {
        Ok(!self.is_set_high()?)
    }
}

impl<R> fmt::Debug for Led<'_, '_, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LED {}", self.bit.trailing_zeros())
    }
}
