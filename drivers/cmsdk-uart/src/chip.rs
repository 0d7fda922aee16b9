//! The chip: a buffer of one byte each way, and interrupts that are events.

use crate::registers::{Control, Pending, Register, Registers, State};
use driver_cmsdk::CLOCK;
use driver_serial::{Chip, Interrupts, Status};

/// Bits a second.
const RATE: u32 = 115_200;

/// Cycles of the bus clock for one bit, to the nearest.
const DIVIDER: u32 = (CLOCK as u32 + RATE / 2) / RATE;

/// Polls for the byte in the shift register, which the chip does not show: a character takes
/// ten bits, and a transfer on the peripheral bus at least two cycles (AMBA APB, section
/// "Transfers").
const SHIFT_POLLS: u32 = 10 * DIVIDER / 2;

/// What is on all the time.
const ON: Control = Control::TRANSMIT.union(Control::RECEIVE);

/// One CMSDK APB UART.
#[derive(Debug)]
pub struct CmsdkUart<R> {
    registers: R,
}

impl<R: Registers> CmsdkUart<R> {
    /// Sets the chip up, with its interrupts off.
    pub fn new(registers: R) -> Self {
        const {
            assert!(DIVIDER >= 16, "the bus clock is too slow for this rate");
        }
        let mut chip = Self { registers };
        chip.registers.write(Register::Control, 0);
        chip.registers.write(Register::Divider, DIVIDER);
        let overruns = State::TRANSMIT_OVERRUN | State::RECEIVE_OVERRUN;
        chip.registers.write(Register::State, overruns.bits());
        chip.enable(Interrupts::empty());
        chip
    }

    /// Nothing at all for what has bits that the register has not: the device went away.
    fn state(&self) -> Option<State> {
        State::from_bits(self.registers.read(Register::State))
    }
}

impl<R: Registers> Chip for CmsdkUart<R> {
    const LOAD: usize = 1;

    fn status(&mut self) -> Status {
        let mut status = Status::empty();
        let Some(state) = self.state() else {
            return status;
        };
        status.set(Status::RECEIVED, state.contains(State::RECEIVE_FULL));
        status.set(Status::ROOM, !state.contains(State::TRANSMIT_FULL));
        if state.contains(State::RECEIVE_OVERRUN) {
            status |= Status::OVERRUN;
            let told = State::RECEIVE_OVERRUN.bits();
            self.registers.write(Register::State, told);
        }
        status
    }

    fn receive(&mut self) -> u8 {
        self.registers.read(Register::Data) as u8
    }

    fn transmit(&mut self, byte: u8) {
        self.registers.write(Register::Data, u32::from(byte));
    }

    fn clear(&mut self) {
        let all = Pending::all().bits();
        self.registers.write(Register::Interrupts, all);
    }

    fn enable(&mut self, interrupts: Interrupts) {
        let (mut control, mut others) = (ON, Pending::empty());
        for (interrupt, bit, event) in [
            (
                Interrupts::RECEIVED,
                Control::RECEIVE_INTERRUPT,
                Pending::RECEIVE,
            ),
            (
                Interrupts::ROOM,
                Control::TRANSMIT_INTERRUPT,
                Pending::TRANSMIT,
            ),
        ] {
            let wanted = interrupts.contains(interrupt);
            control.set(bit, wanted);
            others.set(event, !wanted);
        }
        self.registers.write(Register::Control, control.bits());
        // Turning an interrupt off does not take back the one that was asked for.
        self.registers.write(Register::Interrupts, others.bits());
    }

    fn is_idle(&self) -> bool {
        let sent =
            |state: Option<State>| state.is_some_and(|state| !state.contains(State::TRANSMIT_FULL));
        sent(self.state()) && (0..SHIFT_POLLS).all(|_| sent(self.state()))
    }
}

#[cfg(test)]
mod tests;
