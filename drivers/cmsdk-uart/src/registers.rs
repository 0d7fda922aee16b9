//! The registers of the CMSDK APB UART and what their bits mean.
//!
//! Source: *Arm Cortex-M System Design Kit Technical Reference Manual* (DDI 0479), section
//! "APB UART", table of registers.

use bitflags::bitflags;
use driver_cmsdk::WINDOW;
use userlib::io::ExclusiveIoMem;

/// A register, by its offset in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Register {
    /// The received byte (read), the byte to send (write).
    Data = 0x0,
    /// State of both buffers; writing an overrun bit clears it.
    State = 0x4,
    /// What is on, and what interrupts.
    Control = 0x8,
    /// Which interrupts were asked for; writing a bit clears it.
    Interrupts = 0xc,
    /// Cycles of the bus clock for one bit, at least 16.
    Divider = 0x10,
}

bitflags! {
    /// Bits of [`Register::State`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct State: u32 {
        /// The byte to send has not gone to the shift register.
        const TRANSMIT_FULL = 1;
        /// A received byte waits.
        const RECEIVE_FULL = 1 << 1;
        /// A byte was written while the one before was still there.
        const TRANSMIT_OVERRUN = 1 << 2;
        /// A byte came while the one before was still there.
        const RECEIVE_OVERRUN = 1 << 3;
    }
}

bitflags! {
    /// Bits of [`Register::Control`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Control: u32 {
        /// The transmitter is on.
        const TRANSMIT = 1;
        /// The receiver is on.
        const RECEIVE = 1 << 1;
        /// Interrupt when the transmitter's buffer becomes empty.
        const TRANSMIT_INTERRUPT = 1 << 2;
        /// Interrupt when the receiver's buffer becomes full.
        const RECEIVE_INTERRUPT = 1 << 3;
    }
}

bitflags! {
    /// Bits of [`Register::Interrupts`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Pending: u32 {
        /// The transmitter's buffer became empty.
        const TRANSMIT = 1;
        /// The receiver's buffer became full.
        const RECEIVE = 1 << 1;
    }
}

/// The registers of one UART, as the driver reaches them.
///
/// On a board this is a window held on a lease; in tests a model of the chip.
pub trait Registers {
    /// Reads a register. Reading [`Register::Data`] takes the byte out of the buffer.
    fn read(&self, register: Register) -> u32;
    /// Writes a register.
    fn write(&mut self, register: Register, value: u32);
}

impl Registers for ExclusiveIoMem<'_, WINDOW> {
    #[inline]
    fn read(&self, register: Register) -> u32 {
        match register {
            Register::Data => self.read32::<0x0>(),
            Register::State => self.read32::<0x4>(),
            Register::Control => self.read32::<0x8>(),
            Register::Interrupts => self.read32::<0xc>(),
            Register::Divider => self.read32::<0x10>(),
        }
    }

    #[inline]
    fn write(&mut self, register: Register, value: u32) {
        match register {
            Register::Data => self.write32::<0x0>(value),
            Register::State => self.write32::<0x4>(value),
            Register::Control => self.write32::<0x8>(value),
            Register::Interrupts => self.write32::<0xc>(value),
            Register::Divider => self.write32::<0x10>(value),
        }
    }
}
