//! The chip: sixteen bytes of FIFO each way, and one interrupt line that is a level.

use crate::registers::{
    FIFO_DEPTH, FifoControl, InterruptEnable, LineControl, LineStatus, ModemControl, Registers,
    WINDOW,
};
use driver_serial::{Chip, Interrupts, Status};
use leasehold_abi::Error;
use userlib::io::{ExclusiveIoMem, LocalRegisterCopy, Readable, Writeable};

/// Polls for the byte in the shift register: one character takes 87 µs at 115200 baud, and a
/// read of a register across a bus at least 100 ns.
const SHIFT_POLLS: usize = 2000;

/// Divisor for 115200 baud at the 3.6864 MHz that QEMU's `virt` gives its UART, the clock over
/// sixteen times the rate. QEMU itself sends at any rate.
const DIVISOR: u16 = 2;

/// One NS16550A, with its registers in a window on lease.
#[derive(Debug)]
pub struct Ns16550<'cap> {
    window: ExclusiveIoMem<'cap, WINDOW>,
}

impl<'cap> Ns16550<'cap> {
    /// Sets the chip up, with its interrupts off.
    ///
    /// # Errors
    /// `NoDevice` when nothing that behaves like an NS16550A answers.
    pub fn new(window: ExclusiveIoMem<'cap, WINDOW>) -> Result<Self, Error> {
        let chip = Self { window };
        let registers = chip.registers();
        // An absent device reads as all ones and keeps nothing.
        for pattern in [0x5a, 0xa5] {
            registers.scratch().set(pattern);
            if registers.scratch().get() != pattern {
                return Err(Error::NoDevice);
            }
        }
        registers.interrupt_enable().set(0);
        registers
            .line_control()
            .write(LineControl::DIVISOR_ACCESS::SET);
        let [low, high] = DIVISOR.to_le_bytes();
        registers.divisor_low().set(low);
        registers.divisor_high().set(high);
        // One stop bit, no parity.
        registers.line_control().write(LineControl::WORD::Eight);
        registers.fifo_control().write(
            FifoControl::ENABLE::SET
                + FifoControl::RECEIVER_RESET::SET
                + FifoControl::TRANSMITTER_RESET::SET
                + FifoControl::TRIGGER::One,
        );
        registers.modem_control().write(
            ModemControl::DATA_TERMINAL_READY::SET
                + ModemControl::REQUEST_TO_SEND::SET
                + ModemControl::OUT2::SET,
        );
        Ok(chip)
    }

    fn registers(&self) -> Registers<'_> {
        Registers::new(&self.window)
    }

    fn line(&self) -> LocalRegisterCopy<u8, LineStatus::Register> {
        let line = self.registers().line_status().take();
        // All ones is no valid status. The scratch test passed at probe, so the device is gone since.
        if line.get() == u8::MAX {
            LocalRegisterCopy::new(0)
        } else {
            line
        }
    }
}

impl Chip for Ns16550<'_> {
    const LOAD: usize = FIFO_DEPTH;

    fn status(&mut self) -> Status {
        let line = self.line();
        let mut status = Status::empty();
        status.set(Status::RECEIVED, line.is_set(LineStatus::DATA_READY));
        status.set(Status::ROOM, line.is_set(LineStatus::HOLDING_EMPTY));
        status.set(Status::OVERRUN, line.is_set(LineStatus::OVERRUN));
        status
    }

    fn receive(&mut self) -> u8 {
        self.registers().data().get()
    }

    fn transmit(&mut self, byte: u8) {
        self.registers().data().set(byte);
    }

    fn clear(&mut self) {
        // The interrupt is a level: it ends with its cause.
    }

    fn enable(&mut self, interrupts: Interrupts) {
        let received = interrupts.contains(Interrupts::RECEIVED);
        let room = interrupts.contains(Interrupts::ROOM);
        self.registers().interrupt_enable().write(
            InterruptEnable::RECEIVED.val(received.into())
                + InterruptEnable::TRANSMITTER_EMPTY.val(room.into()),
        );
    }

    fn is_idle(&self) -> bool {
        self.line().is_set(LineStatus::HOLDING_EMPTY)
            && (0..SHIFT_POLLS).any(|_| self.line().is_set(LineStatus::TRANSMITTER_IDLE))
    }
}

#[cfg(test)]
mod tests;
