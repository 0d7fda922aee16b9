//! The chip: a buffer of one byte in each direction, and interrupts that are events.

use crate::registers::{Control, Pending, Registers, State};
use driver_cmsdk::{CLOCK, WINDOW};
use driver_serial::{Chip, Interrupts, Status};
use userlib::io::{ExclusiveIoMem, LocalRegisterCopy, Readable, Writeable};

/// Bits a second.
const RATE: u32 = userlib::setting!("baud": u32 = 115_200);

/// Cycles of the bus clock for one bit, to the nearest.
const DIVIDER: u32 = (CLOCK as u32 + RATE / 2) / RATE;

/// Polls for the byte in the shift register, which the chip does not show: a character takes
/// ten bits, and a transfer on the peripheral bus at least two cycles (AMBA APB, section
/// "Transfers").
const SHIFT_POLLS: u32 = 10 * DIVIDER / 2;

/// One CMSDK APB UART, with its registers in a window on lease.
#[derive(Debug)]
pub struct CmsdkUart<'cap> {
    window: ExclusiveIoMem<'cap, WINDOW>,
}

impl<'cap> CmsdkUart<'cap> {
    /// Sets the chip up, with its interrupts off.
    pub fn new(window: ExclusiveIoMem<'cap, WINDOW>) -> Self {
        const {
            assert!(DIVIDER >= 16, "the bus clock is too slow for this rate");
        }
        let mut chip = Self { window };
        let registers = chip.registers();
        registers.control().set(0);
        registers.divider().set(DIVIDER);
        registers
            .state()
            .clear(State::TRANSMIT_OVERRUN::SET + State::RECEIVE_OVERRUN::SET);
        chip.enable(Interrupts::empty());
        chip
    }

    fn registers(&self) -> Registers<'_> {
        Registers::new(&self.window)
    }

    /// None if bits are set that the register does not have: the device is gone.
    fn state(&self) -> Option<LocalRegisterCopy<u32, State::Register>> {
        let all = State::TRANSMIT_FULL::SET
            + State::RECEIVE_FULL::SET
            + State::TRANSMIT_OVERRUN::SET
            + State::RECEIVE_OVERRUN::SET;
        let state = self.registers().state().extract();
        (state.get() & !all.value == 0).then_some(state)
    }
}

impl Chip for CmsdkUart<'_> {
    const LOAD: usize = 1;

    fn status(&mut self) -> Status {
        let mut status = Status::empty();
        let Some(state) = self.state() else {
            return status;
        };
        status.set(Status::RECEIVED, state.is_set(State::RECEIVE_FULL));
        status.set(Status::ROOM, !state.is_set(State::TRANSMIT_FULL));
        if state.is_set(State::RECEIVE_OVERRUN) {
            status |= Status::OVERRUN;
            let told = State::RECEIVE_OVERRUN::SET;
            self.registers().state().clear(told);
        }
        status
    }

    fn receive(&mut self) -> u8 {
        self.registers().data().get() as u8
    }

    fn transmit(&mut self, byte: u8) {
        self.registers().data().set(u32::from(byte));
    }

    fn clear(&mut self) {
        self.registers()
            .pending()
            .clear(Pending::TRANSMIT::SET + Pending::RECEIVE::SET);
    }

    fn enable(&mut self, interrupts: Interrupts) {
        let received = u32::from(interrupts.contains(Interrupts::RECEIVED));
        let room = u32::from(interrupts.contains(Interrupts::ROOM));
        let registers = self.registers();
        registers.control().write(
            Control::TRANSMIT::SET
                + Control::RECEIVE::SET
                + Control::RECEIVE_INTERRUPT.val(received)
                + Control::TRANSMIT_INTERRUPT.val(room),
        );
        // To disable an interrupt does not take back one that is already requested.
        registers
            .pending()
            .clear(Pending::RECEIVE.val(1 - received) + Pending::TRANSMIT.val(1 - room));
    }

    fn is_idle(&self) -> bool {
        let sent = || {
            self.state()
                .is_some_and(|state| !state.is_set(State::TRANSMIT_FULL))
        };
        sent() && (0..SHIFT_POLLS).all(|_| sent())
    }
}

#[cfg(test)]
mod tests;
