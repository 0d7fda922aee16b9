//! The timer: one alarm at a time, waited for by interrupt or by busy waiting.

use crate::registers::{Control, Interrupt, Registers};
use driver_cmsdk::{CLOCK, WINDOW};
use embedded_hal::delay::DelayNs;
use leasehold_abi::Error;
use userlib::io::{ExclusiveIoMem, Readable, Writeable};

/// Nanoseconds in a second.
const SECOND: u64 = 1_000_000_000;

/// How often the counter is read without a change, for each of its ticks, before the timer is taken for dead.
const LOOKS: u64 = 64;

/// One CMSDK APB timer, with its registers in a window on lease.
#[derive(Debug)]
pub struct CmsdkTimer<'cap> {
    window: ExclusiveIoMem<'cap, WINDOW>,
    /// An alarm is set.
    armed: bool,
}

impl<'cap> CmsdkTimer<'cap> {
    /// The timer, stopped.
    pub fn new(window: ExclusiveIoMem<'cap, WINDOW>) -> Self {
        let mut timer = Self {
            window,
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
        self.start(ticks, true);
        self.armed = true;
        Ok(())
    }

    /// Whether an alarm is set.
    pub fn is_armed(&self) -> bool {
        self.armed
    }

    /// For the interrupt handler: whether the alarm has come. Then it is no longer set.
    pub fn expire(&mut self) -> bool {
        let came = self.armed && self.registers().interrupt().is_set(Interrupt::ZERO);
        if came || !self.armed {
            self.stop();
        }
        came
    }

    /// Stops the timer and forgets a pending interrupt.
    pub fn stop(&mut self) {
        let registers = self.registers();
        registers.control().set(0);
        registers.interrupt().clear(Interrupt::ZERO::SET);
        self.armed = false;
    }

    fn start(&mut self, ticks: u32, interrupts: bool) {
        self.stop();
        let registers = self.registers();
        // With a reload value of 0 the counter stays at 0. This store sets the counter as well, so it comes first.
        registers.reload().set(0);
        registers.value().set(ticks);
        registers
            .control()
            .write(Control::ENABLE::SET + Control::INTERRUPT_ENABLE.val(u32::from(interrupts)));
    }

    fn registers(&self) -> Registers<'_> {
        Registers::new(&self.window)
    }
}

/// This time in ticks of the timer, rounded up.
fn ticks(nanoseconds: u64) -> u64 {
    let ticks = (u128::from(nanoseconds) * u128::from(CLOCK)).div_ceil(u128::from(SECOND));
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// Busy waiting. It cancels an alarm that is set.
impl DelayNs for CmsdkTimer<'_> {
    fn delay_ns(&mut self, nanoseconds: u32) {
        // At most 4.3 s, which the counter holds up to 1 GHz.
        let Ok(ticks @ 1..) = u32::try_from(ticks(u64::from(nanoseconds))) else {
            return;
        };
        self.start(ticks, false);
        let mut looks = u64::from(ticks) * LOOKS;
        while self.registers().value().get() != 0 && looks > 0 {
            looks -= 1;
        }
        self.stop();
    }
}

#[cfg(test)]
mod tests;
