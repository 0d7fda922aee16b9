//! How a controller is made ready for a transfer, and how one ends that went wrong.

use crate::registers::{Control, Enable, EnableStatus, Registers, Status, Target};
use driver_interfaces::I2cError;
use userlib::{Error, time};

/// The rate for which the vendor's device tree has its counts, and these (revyos/thead-kernel
/// arch/riscv/boot/dts/thead/th1520.dtsi, `ss_hcnt`, `ss_lcnt`).
const RATE: u64 = 50_000_000;
const COUNTS: (u64, u64) = (0x104, 0xec);

/// How long the controller may take to end a transfer or to turn off, in microseconds: more than the ten clocks of the
/// bus that a byte takes.
const END: u64 = 1_000;

/// Waits until it is so.
fn until(is_so: impl Fn() -> Result<bool, Error>) -> Result<(), Error> {
    time::poll_until(time::after_microseconds(END), || {
        is_so().map(|is_so| is_so.then_some(())).transpose()
    })?
}

impl Registers<'_> {
    /// Makes the bus free, and the controller ready for commands to a target of 7 bits.
    ///
    /// # Errors
    /// [`I2cError::Stuck`]: the bus cannot be made free.
    pub(crate) fn begin(&self, target: u8, rate: u32) -> Result<(), I2cError> {
        if self.status().try_extract()?.is_set(Status::MASTER) {
            self.give_up()?;
        }
        self.turn_off()?;
        self.set_up(target, rate)?;
        self.enable().try_write(Enable::ON::SET)?;
        // An abort too: until it is cleared no command is taken.
        self.clear().try_take()?;
        Ok(())
    }

    /// Sets it up as a master at 100 kHz, without an interrupt. It must be off.
    pub(crate) fn set_up(&self, target: u8, rate: u32) -> Result<(), Error> {
        let count = |count: u64| (count * u64::from(rate)).div_ceil(RATE) as u32;
        self.control().try_write(
            Control::MASTER::SET
                + Control::SPEED::Standard
                + Control::RESTART::SET
                + Control::NO_SLAVE::SET
                + Control::BUS_CLEAR::SET,
        )?;
        self.high().try_set(count(COUNTS.0))?;
        self.low().try_set(count(COUNTS.1))?;
        self.send_level().try_set(0)?;
        self.receive_level().try_set(0)?;
        self.target()
            .try_write(Target::ADDRESS.val(u32::from(target)))
    }

    /// Ends what goes over the bus, whatever it is.
    ///
    /// # Errors
    /// [`I2cError::Stuck`].
    pub(crate) fn give_up(&self) -> Result<(), I2cError> {
        let sent = |command| until(|| Ok(!self.enable().try_extract()?.is_set(command)));
        self.enable()
            .try_write(Enable::ON::SET + Enable::ABORT::SET)?;
        if sent(Enable::ABORT).is_ok() {
            self.clear().try_take()?;
            return Ok(());
        }
        if self.control().try_extract()?.is_set(Control::BUS_CLEAR) {
            self.enable()
                .try_write(Enable::ON::SET + Enable::RECOVER::SET)?;
            if sent(Enable::RECOVER).is_ok() {
                self.clear().try_take()?;
                return Ok(());
            }
        }
        Err(I2cError::Stuck)
    }

    /// Turns the controller off; what its FIFOs hold is lost.
    pub(crate) fn turn_off(&self) -> Result<(), Error> {
        self.interrupts().try_set(0)?;
        self.enable().try_set(0)?;
        until(|| Ok(!self.enable_status().try_extract()?.is_set(EnableStatus::ON)))
    }
}
