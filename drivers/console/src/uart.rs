//! The UART itself: bytes between two rings and the chip's FIFOs.

use crate::registers::{
    FIFO_DEPTH, FIFO_ON_AND_EMPTY, InterruptEnable, LINE_8N1, LINE_DIVISOR_ACCESS, LineStatus,
    MODEM_READY, Register, Registers,
};
use crate::ring::Ring;
use leasehold_abi::Error;

/// Bytes kept for the transmitter.
pub const TRANSMIT_RING: usize = 1024;

/// Bytes kept from the receiver until somebody reads them.
pub const RECEIVE_RING: usize = 512;

/// Most FIFO loads that one interrupt serves: a chip that always claims to be ready cannot
/// keep the driver busy for ever. The line is level-triggered, so what is left asks again.
const ROUNDS: usize = 64;

/// Polls for the byte in the shift register: one character takes 87 µs at 115200 baud, and a
/// read of a register across a bus at least 100 ns.
const SHIFT_POLLS: usize = 2000;

/// Divisor for 115200 baud at the 3.6864 MHz that QEMU's `virt` gives its UART, the clock over
/// sixteen times the rate. QEMU itself sends at any rate.
const DIVISOR: u16 = 2;

/// One NS16550A and its rings.
#[derive(Debug)]
pub struct Uart<R> {
    registers: R,
    transmit: Ring<TRANSMIT_RING>,
    receive: Ring<RECEIVE_RING>,
    enabled: InterruptEnable,
    overruns: u32,
    /// Somebody waits for the last byte to leave.
    draining: bool,
}

impl<R: Registers> Uart<R> {
    /// Sets the chip up and turns its receive interrupt on.
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
        let mut uart = Self {
            registers,
            transmit: Ring::new(),
            receive: Ring::new(),
            enabled: InterruptEnable::empty(),
            overruns: 0,
            draining: false,
        };
        uart.enable(InterruptEnable::RECEIVED);
        Ok(uart)
    }

    /// Moves what the chip has and what it takes. For the interrupt, and after either ring changed.
    pub fn service(&mut self) {
        for _ in 0..ROUNDS {
            let status = self.status();
            if status.contains(LineStatus::OVERRUN) {
                self.overruns = self.overruns.saturating_add(1);
            }
            let mut moved = false;
            // A byte stays in the chip while the ring is full: there the sender is held up.
            if status.contains(LineStatus::DATA_READY) && self.receive.room() > 0 {
                let byte = self.registers.read(Register::Data);
                moved = self.receive.push(byte);
            }
            if status.contains(LineStatus::HOLDING_EMPTY) && !self.transmit.is_empty() {
                self.fill();
                moved = true;
            }
            if !moved {
                break;
            }
        }
        let mut wanted = InterruptEnable::empty();
        wanted.set(InterruptEnable::RECEIVED, self.receive.room() > 0);
        wanted.set(
            InterruptEnable::TRANSMITTER_EMPTY,
            !self.transmit.is_empty() || self.draining,
        );
        self.enable(wanted);
    }

    /// Accepts from the front of `bytes` what fits, and says how many. Accepted bytes are sent.
    pub fn send(&mut self, bytes: &[u8]) -> usize {
        let count = self.transmit.push_slice(bytes);
        self.service();
        count
    }

    /// Bytes that [`send`](Self::send) would accept.
    pub fn room(&self) -> usize {
        self.transmit.room()
    }

    /// Takes received bytes, and says how many.
    pub fn receive(&mut self, out: &mut [u8]) -> usize {
        let count = self.receive.pop_slice(out);
        self.service();
        count
    }

    /// Received bytes that nobody has read.
    pub fn available(&self) -> usize {
        self.receive.len()
    }

    /// Whether every accepted byte has left the chip. Waits for the one that is leaving.
    pub fn is_drained(&self) -> bool {
        if !self.transmit.is_empty() || !self.status().contains(LineStatus::HOLDING_EMPTY) {
            return false;
        }
        (0..SHIFT_POLLS).any(|_| self.status().contains(LineStatus::TRANSMITTER_IDLE))
    }

    /// Asks for the transmitter's interrupt even when no byte waits for it.
    pub fn await_drained(&mut self, wanted: bool) {
        self.draining = wanted;
        self.service();
    }

    /// Times that the chip lost input because it was not read in time.
    pub fn overruns(&self) -> u32 {
        self.overruns
    }

    /// Turns the chip's interrupts off.
    pub fn quiet(&mut self) {
        self.enable(InterruptEnable::empty());
    }

    fn status(&self) -> LineStatus {
        let bits = self.registers.read(Register::LineStatus);
        // All ones cannot be: with the scratch test passed at probe, the device went away since.
        if bits == 0xff {
            LineStatus::empty()
        } else {
            LineStatus::from_bits_retain(bits)
        }
    }

    fn fill(&mut self) {
        for _ in 0..FIFO_DEPTH {
            let Some(byte) = self.transmit.pop() else {
                break;
            };
            self.registers.write(Register::Data, byte);
        }
    }

    fn enable(&mut self, wanted: InterruptEnable) {
        if wanted != self.enabled {
            self.registers
                .write(Register::InterruptEnable, wanted.bits());
            self.enabled = wanted;
        }
    }
}

#[cfg(test)]
mod tests;
