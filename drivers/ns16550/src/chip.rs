//! The chip: sixteen bytes of FIFO each way, and one interrupt line that is a level.

use crate::registers::{
    FIFO_DEPTH, FIFO_ON_AND_EMPTY, InterruptEnable, LINE_8N1, LINE_DIVISOR_ACCESS, LineStatus,
    MODEM_READY, Register, Registers,
};
use driver_serial::{Chip, Interrupts, Status};
use leasehold_abi::Error;

/// Polls for the byte in the shift register: one character takes 87 µs at 115200 baud, and a
/// read of a register across a bus at least 100 ns.
const SHIFT_POLLS: usize = 2000;

/// Divisor for 115200 baud at the 3.6864 MHz that QEMU's `virt` gives its UART, the clock over
/// sixteen times the rate. QEMU itself sends at any rate.
const DIVISOR: u16 = 2;

/// One NS16550A.
#[derive(Debug)]
pub struct Ns16550<R> {
    registers: R,
}

impl<R: Registers> Ns16550<R> {
    /// Sets the chip up, with its interrupts off.
    ///
    /// # Errors
    /// `NoDevice` when nothing that behaves like an NS16550A answers.
    pub fn new(registers: R) -> Result<Self, Error> {
        let mut registers = registers;
        // An absent device reads as all ones, and keeps nothing.
        for pattern in [0x5a, 0xa5] {
            registers.write(Register::Scratch, pattern);
            if registers.read(Register::Scratch) != pattern {
                return Err(Error::NoDevice);
            }
        }
        registers.write(Register::InterruptEnable, 0);
        registers.write(Register::LineControl, LINE_DIVISOR_ACCESS);
        let [low, high] = DIVISOR.to_le_bytes();
        registers.write(Register::Data, low);
        registers.write(Register::InterruptEnable, high);
        registers.write(Register::LineControl, LINE_8N1);
        registers.write(Register::FifoControl, FIFO_ON_AND_EMPTY);
        registers.write(Register::ModemControl, MODEM_READY);
        Ok(Self { registers })
    }

    fn line(&self) -> LineStatus {
        let bits = self.registers.read(Register::LineStatus);
        // All ones cannot be: with the scratch test passed at probe, the device went away since.
        if bits == 0xff {
            LineStatus::empty()
        } else {
            LineStatus::from_bits_retain(bits)
        }
    }
}

impl<R: Registers> Chip for Ns16550<R> {
    const LOAD: usize = FIFO_DEPTH;

    fn status(&mut self) -> Status {
        let line = self.line();
        let mut status = Status::empty();
        status.set(Status::RECEIVED, line.contains(LineStatus::DATA_READY));
        status.set(Status::ROOM, line.contains(LineStatus::HOLDING_EMPTY));
        status.set(Status::OVERRUN, line.contains(LineStatus::OVERRUN));
        status
    }

    fn receive(&mut self) -> u8 {
        self.registers.read(Register::Data)
    }

    fn transmit(&mut self, byte: u8) {
        self.registers.write(Register::Data, byte);
    }

    fn clear(&mut self) {
        // A level: it ends with its cause.
    }

    fn enable(&mut self, interrupts: Interrupts) {
        let mut wanted = InterruptEnable::empty();
        let (received, room) = (Interrupts::RECEIVED, Interrupts::ROOM);
        wanted.set(InterruptEnable::RECEIVED, interrupts.contains(received));
        wanted.set(
            InterruptEnable::TRANSMITTER_EMPTY,
            interrupts.contains(room),
        );
        self.registers
            .write(Register::InterruptEnable, wanted.bits());
    }

    fn is_idle(&self) -> bool {
        self.line().contains(LineStatus::HOLDING_EMPTY)
            && (0..SHIFT_POLLS).any(|_| self.line().contains(LineStatus::TRANSMITTER_IDLE))
    }
}

#[cfg(test)]
mod tests;
