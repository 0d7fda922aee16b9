//! The registers of the CMSDK APB timer: a counter of 32 bits that goes down to 0.
//!
//! Source: *Arm Cortex-M System Design Kit Technical Reference Manual* (DDI 0479), section
//! "APB timer", table of registers.

use driver_cmsdk::WINDOW;
use userlib::io::ExclusiveIoMem;

/// A register, by its offset in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Register {
    /// What is on: [`ENABLE`], [`INTERRUPT_ENABLE`].
    Control = 0x0,
    /// The counter.
    Value = 0x4,
    /// What the counter starts from again once it has been at 0; with 0 it stays there. Writing
    /// it sets the counter as well.
    Reload = 0x8,
    /// 1 once the counter has come to 0; writing 1 clears it.
    Interrupt = 0xc,
}

/// [`Register::Control`]: the counter runs.
pub const ENABLE: u32 = 1;

/// [`Register::Control`]: it interrupts when it comes to 0.
pub const INTERRUPT_ENABLE: u32 = 1 << 3;

/// The registers of one timer, as the driver reaches them.
///
/// On a board this is a window held on a lease; in tests a model of the timer.
pub trait Registers {
    /// Reads a register.
    fn read(&self, register: Register) -> u32;
    /// Writes a register.
    fn write(&mut self, register: Register, value: u32);
}

impl Registers for ExclusiveIoMem<'_, WINDOW> {
    #[inline]
    fn read(&self, register: Register) -> u32 {
        match register {
            Register::Control => self.read32::<0x0>(),
            Register::Value => self.read32::<0x4>(),
            Register::Reload => self.read32::<0x8>(),
            Register::Interrupt => self.read32::<0xc>(),
        }
    }

    #[inline]
    fn write(&mut self, register: Register, value: u32) {
        match register {
            Register::Control => self.write32::<0x0>(value),
            Register::Value => self.write32::<0x4>(value),
            Register::Reload => self.write32::<0x8>(value),
            Register::Interrupt => self.write32::<0xc>(value),
        }
    }
}
