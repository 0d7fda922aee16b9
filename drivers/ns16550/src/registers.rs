//! The registers of an NS16550A and what their bits mean.
//!
//! Source: National Semiconductor, *PC16550D Universal Asynchronous Receiver/Transmitter with
//! FIFOs*, section 8. Registers are one byte wide and one byte apart (`reg-shift` 0), as on
//! QEMU's `virt` board.

use bitflags::bitflags;
use userlib::io::ExclusiveIoMem;

/// A register, by its offset in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Register {
    /// Receiver buffer (read), transmitter holding (write); divisor low byte while
    /// [`LINE_DIVISOR_ACCESS`] is set.
    Data = 0,
    /// Interrupt enable; divisor high byte while [`LINE_DIVISOR_ACCESS`] is set.
    InterruptEnable = 1,
    /// FIFO control (write); reads give the interrupt identification.
    FifoControl = 2,
    /// Line control.
    LineControl = 3,
    /// Modem control.
    ModemControl = 4,
    /// Line status.
    LineStatus = 5,
    /// Modem status.
    ModemStatus = 6,
    /// Scratch: keeps what is written, for any purpose.
    Scratch = 7,
}

/// Bytes that the registers cover.
pub const WINDOW: usize = 8;

/// Bytes that the transmitter's FIFO takes once it is empty.
pub const FIFO_DEPTH: usize = 16;

/// Line control: eight data bits, no parity, one stop bit.
pub const LINE_8N1: u8 = 0b11;

/// Line control: registers 0 and 1 are the divisor.
pub const LINE_DIVISOR_ACCESS: u8 = 1 << 7;

/// FIFO control: on, both emptied, an interrupt as soon as one byte is there.
pub const FIFO_ON_AND_EMPTY: u8 = 0b111;

/// Modem control: data terminal ready, request to send, and OUT2, which gates the interrupt
/// line on PC hardware.
pub const MODEM_READY: u8 = 0b1011;

bitflags! {
    /// Bits of [`Register::InterruptEnable`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct InterruptEnable: u8 {
        /// A byte was received.
        const RECEIVED = 1;
        /// The transmitter's FIFO is empty.
        const TRANSMITTER_EMPTY = 1 << 1;
    }
}

bitflags! {
    /// Bits of [`Register::LineStatus`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct LineStatus: u8 {
        /// A received byte waits.
        const DATA_READY = 1;
        /// A byte came while the receiver's FIFO was full.
        const OVERRUN = 1 << 1;
        /// Parity error in the byte at the head.
        const PARITY = 1 << 2;
        /// Framing error in the byte at the head.
        const FRAMING = 1 << 3;
        /// The line was held low.
        const BREAK = 1 << 4;
        /// The transmitter's FIFO is empty and takes [`FIFO_DEPTH`] bytes.
        const HOLDING_EMPTY = 1 << 5;
        /// The last bit has left the shift register too.
        const TRANSMITTER_IDLE = 1 << 6;
        /// An error is somewhere in the receiver's FIFO.
        const FIFO_ERROR = 1 << 7;
    }
}

/// The registers of one UART, as the driver reaches them.
///
/// On a board this is a window held on a lease; in tests a model of the chip.
pub trait Registers {
    /// Reads a register. Reading [`Register::Data`] takes the byte out of the FIFO.
    fn read(&self, register: Register) -> u8;
    /// Writes a register.
    fn write(&mut self, register: Register, value: u8);
}

impl Registers for ExclusiveIoMem<'_, WINDOW> {
    #[inline]
    fn read(&self, register: Register) -> u8 {
        match register {
            Register::Data => self.read8::<0>(),
            Register::InterruptEnable => self.read8::<1>(),
            Register::FifoControl => self.read8::<2>(),
            Register::LineControl => self.read8::<3>(),
            Register::ModemControl => self.read8::<4>(),
            Register::LineStatus => self.read8::<5>(),
            Register::ModemStatus => self.read8::<6>(),
            Register::Scratch => self.read8::<7>(),
        }
    }

    #[inline]
    fn write(&mut self, register: Register, value: u8) {
        match register {
            Register::Data => self.write8::<0>(value),
            Register::InterruptEnable => self.write8::<1>(value),
            Register::FifoControl => self.write8::<2>(value),
            Register::LineControl => self.write8::<3>(value),
            Register::ModemControl => self.write8::<4>(value),
            Register::LineStatus => self.write8::<5>(value),
            Register::ModemStatus => self.write8::<6>(value),
            Register::Scratch => self.write8::<7>(value),
        }
    }
}
