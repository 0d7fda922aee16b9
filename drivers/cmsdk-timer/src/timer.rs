//! The timer: one shot at a time, waited for by interrupt or in place.

use crate::registers::{ENABLE, INTERRUPT_ENABLE, Register, Registers};
use driver_cmsdk::CLOCK;
use embedded_hal::delay::DelayNs;
use leasehold_abi::Error;

/// Nanoseconds in a second.
const SECOND: u64 = 1_000_000_000;

/// How often the counter is looked at in vain for each of its ticks, before it is taken for dead.
const LOOKS: u64 = 64;

/// One CMSDK APB timer.
#[derive(Debug)]
pub struct CmsdkTimer<R> {
    registers: R,
    /// An alarm is set.
    armed: bool,
}

impl<R: Registers> CmsdkTimer<R> {
    /// The timer, stopped.
    pub fn new(registers: R) -> Self {
        let mut timer = Self {
            registers,
            armed: false,
        };
        timer.stop();
        timer
    }

    /// Sets the alarm: the timer interrupts once, after so many nanoseconds, rounded up to its ticks.
    ///
    /// # Errors
    /// `Busy` while one is set. `Invalid` for no time, or for more than it can count.
    pub fn arm(&mut self, nanoseconds: u64) -> Result<(), Error> {
        if self.armed {
            return Err(Error::Busy);
        }
        let ticks = u32::try_from(ticks(nanoseconds)).map_err(|_| Error::Invalid)?;
        if ticks == 0 {
            return Err(Error::Invalid);
        }
        self.start(ticks, INTERRUPT_ENABLE);
        self.armed = true;
        Ok(())
    }

    /// Whether an alarm is set.
    pub fn is_armed(&self) -> bool {
        self.armed
    }

    /// For the interrupt: whether the alarm that was set has come. It is not set any more then.
    pub fn expire(&mut self) -> bool {
        let came = self.armed && self.registers.read(Register::Interrupt) == 1;
        if came || !self.armed {
            self.stop();
        }
        came
    }

    /// Stops the timer and forgets what it has asked for.
    pub fn stop(&mut self) {
        self.registers.write(Register::Control, 0);
        self.registers.write(Register::Interrupt, 1);
        self.armed = false;
    }

    fn start(&mut self, ticks: u32, interrupt: u32) {
        self.stop();
        // With nothing to start from again, the counter stays at 0. This sets the counter too: first.
        self.registers.write(Register::Reload, 0);
        self.registers.write(Register::Value, ticks);
        self.registers.write(Register::Control, ENABLE | interrupt);
    }
}

/// So long in ticks of the timer, rounded up.
fn ticks(nanoseconds: u64) -> u64 {
    let ticks = (u128::from(nanoseconds) * u128::from(CLOCK)).div_ceil(u128::from(SECOND));
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// Waits in place. An alarm that is set is given up for it.
impl<R: Registers> DelayNs for CmsdkTimer<R> {
    fn delay_ns(&mut self, nanoseconds: u32) {
        // At most 4.3 s, which the counter holds up to 1 GHz.
        let Ok(ticks @ 1..) = u32::try_from(ticks(u64::from(nanoseconds))) else {
            return;
        };
        self.start(ticks, 0);
        let mut looks = u64::from(ticks) * LOOKS;
        while self.registers.read(Register::Value) != 0 && looks > 0 {
            looks -= 1;
        }
        self.stop();
    }
}

#[cfg(test)]
mod tests;
