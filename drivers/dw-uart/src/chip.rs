//! The chip: sixteen bytes of FIFO each way, and one interrupt line that is a level.
//!
//! The firmware has set the line up, and its rate stays as it is: the rate of the UART's clock is the firmware's
//! choice. So nothing here writes the divisor. `LINE_CONTROL` is written only if it is not right, because a store to it
//! while the UART is busy is ignored and leaves an interrupt.

use crate::registers::{
    FIFO_DEPTH, FifoControl, InterruptEnable, InterruptIdentity, LineControl, LineStatus,
    ModemControl, Registers, UartStatus, WINDOW,
};
use driver_serial::{Chip, Interrupts, Status};
use leasehold_abi::Error;
use userlib::io::{ExclusiveIoMem, LocalRegisterCopy, Readable, Writeable};
use userlib::time;

/// How long what the firmware or an earlier life sends may take to leave, in microseconds: the FIFO and the shift
/// register are 17 characters, 1.5 ms at 115200 baud, twice.
const IDLE_TIME: u64 = 3_000;

/// How long the byte in the shift register may take, in microseconds: one character takes 87 at 115200 baud, twice.
const SHIFT_TIME: u64 = 174;

/// How often `LINE_CONTROL` is written until it is kept.
const TRIES: usize = 4;

/// One DesignWare UART, with its registers in a window on lease.
#[derive(Debug)]
pub struct DwUart<'cap> {
    window: ExclusiveIoMem<'cap, WINDOW>,
}

impl<'cap> DwUart<'cap> {
    /// Takes the chip over, with its interrupts off.
    ///
    /// # Errors
    /// `NoDevice` when nothing that behaves like an NS16550A answers; `Busy` when the UART takes no settings because it
    /// never comes to rest.
    pub fn new(window: ExclusiveIoMem<'cap, WINDOW>) -> Result<Self, Error> {
        let chip = Self { window };
        let registers = chip.registers();
        // An absent device reads as all ones and keeps nothing.
        for pattern in [0x5a, 0xa5] {
            registers.scratch().set(pattern);
            if registers.scratch().get() & 0xff != pattern {
                return Err(Error::NoDevice);
            }
        }
        // With the divisor in their place, the interrupt register and the data are something else.
        chip.set_form()?;
        registers.interrupt_enable().set(0);
        registers
            .fifo_control()
            .write(FifoControl::ENABLE::SET + FifoControl::TRIGGER::One);
        registers
            .modem_control()
            .write(ModemControl::DATA_TERMINAL_READY::SET + ModemControl::REQUEST_TO_SEND::SET);
        Ok(chip)
    }

    /// Eight data bits, no parity, one stop bit.
    fn set_form(&self) -> Result<(), Error> {
        let registers = self.registers();
        let wanted = LineControl::WORD::Eight.value;
        for _ in 0..TRIES {
            if registers.line_control().get() & 0xff == wanted {
                return Ok(());
            }
            // A byte that waits in the receiver's FIFO keeps the UART busy.
            registers.fifo_control().write(
                FifoControl::ENABLE::SET
                    + FifoControl::RECEIVER_RESET::SET
                    + FifoControl::TRIGGER::One,
            );
            let idle = || !registers.uart_status().take().is_set(UartStatus::BUSY);
            if within(IDLE_TIME, idle) {
                registers.line_control().set(wanted);
            }
        }
        // A store that came too late has left an interrupt.
        let _ = registers.uart_status().take();
        Err(Error::Busy)
    }

    fn registers(&self) -> Registers<'_> {
        Registers::new(&self.window)
    }

    fn line(&self) -> LocalRegisterCopy<u32, LineStatus::Register> {
        let line = self.registers().line_status().take();
        // Only eight bits exist. All ones is no valid status: the device is gone since the probe.
        if line.get() > 0xff {
            LocalRegisterCopy::new(0)
        } else {
            line
        }
    }
}

/// Whether this comes true within so many microseconds.
fn within(microseconds: u64, mut is_true: impl FnMut() -> bool) -> bool {
    let deadline = time::after_microseconds(microseconds);
    time::poll_until(deadline, || is_true().then_some(())).is_ok()
}

impl Chip for DwUart<'_> {
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
        self.registers().data().get() as u8
    }

    fn transmit(&mut self, byte: u8) {
        self.registers().data().set(byte.into());
    }

    /// The interrupt is a level that ends with its cause, but for two causes that no byte ends.
    fn clear(&mut self) {
        let registers = self.registers();
        let cause = registers.interrupt_identity().take();
        if cause.matches_all(InterruptIdentity::CAUSE::Busy) {
            let _ = registers.uart_status().take();
        } else if cause.matches_all(InterruptIdentity::CAUSE::Timeout)
            && !self.line().is_set(LineStatus::DATA_READY)
        {
            // The bytes were read before the time-out came to be seen. One load more ends it
            // (Linux drivers/tty/serial/8250/8250_dw.c, dw8250_handle_irq).
            registers.data().get();
        }
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
            && within(SHIFT_TIME, || {
                self.line().is_set(LineStatus::TRANSMITTER_IDLE)
            })
    }
}

#[cfg(test)]
mod tests;
