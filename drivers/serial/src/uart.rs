//! The UART itself: bytes between two rings and the chip.

use crate::chip::{Chip, Interrupts, Status};
use crate::ring::Ring;

/// Bytes kept for the transmitter.
pub const TRANSMIT_RING: usize = 256;

/// Bytes kept from the receiver until somebody reads them.
pub const RECEIVE_RING: usize = 256;

/// Most rounds in one interrupt: a chip that always claims to be ready must not keep the driver busy for ever. A chip
/// that has more interrupts again.
const ROUNDS: usize = 64;

/// One chip and its rings.
#[derive(Debug)]
pub struct Uart<C> {
    chip: C,
    transmit: Ring<TRANSMIT_RING>,
    receive: Ring<RECEIVE_RING>,
    enabled: Interrupts,
    overruns: u32,
    /// Somebody waits for the last byte to leave.
    draining: bool,
}

impl<C: Chip> Uart<C> {
    /// A UART over a chip that is set up and has its interrupts off. [`service`](Self::service) enables the interrupts
    /// that are wanted.
    pub const fn new(chip: C) -> Self {
        Self {
            chip,
            transmit: Ring::new(),
            receive: Ring::new(),
            enabled: Interrupts::empty(),
            overruns: 0,
            draining: false,
        }
    }

    /// Moves bytes from and to the chip. Call it for the interrupt, and after either ring changed.
    pub fn service(&mut self) {
        self.exchange();
        // An event that came before its interrupt was enabled has requested nothing, so look once more.
        if self.enable(self.wanted()) {
            self.exchange();
            self.enable(self.wanted());
        }
    }

    fn exchange(&mut self) {
        self.chip.clear();
        for _ in 0..ROUNDS {
            let status = self.chip.status();
            if status.contains(Status::OVERRUN) {
                self.overruns = self.overruns.saturating_add(1);
            }
            let mut moved = false;
            // While the ring is full, a byte stays in the chip, which holds up the sender.
            if status.contains(Status::RECEIVED) && self.receive.room() > 0 {
                moved = self.receive.push(self.chip.receive());
            }
            if status.contains(Status::ROOM) && !self.transmit.is_empty() {
                for byte in core::iter::from_fn(|| self.transmit.pop()).take(C::LOAD) {
                    self.chip.transmit(byte);
                }
                moved = true;
            }
            if !moved {
                break;
            }
        }
    }

    fn wanted(&self) -> Interrupts {
        let mut wanted = Interrupts::empty();
        wanted.set(Interrupts::RECEIVED, self.receive.room() > 0);
        wanted.set(Interrupts::ROOM, !self.transmit.is_empty() || self.draining);
        wanted
    }

    /// Enables these interrupts. Returns whether any of them was off before.
    fn enable(&mut self, wanted: Interrupts) -> bool {
        let before = core::mem::replace(&mut self.enabled, wanted);
        if wanted != before {
            self.chip.enable(wanted);
        }
        !before.contains(wanted)
    }

    /// Accepts bytes from the front of `bytes` while there is room. Returns how many. Accepted bytes are sent.
    pub fn send(&mut self, bytes: &[u8]) -> usize {
        let count = self.transmit.push_slice(bytes);
        self.service();
        count
    }

    /// Bytes that [`send`](Self::send) would accept.
    pub fn room(&self) -> usize {
        self.transmit.room()
    }

    /// Takes received bytes. Returns how many.
    pub fn receive(&mut self, out: &mut [u8]) -> usize {
        let count = self.receive.pop_slice(out);
        self.service();
        count
    }

    /// Received bytes that nobody has read.
    pub fn available(&self) -> usize {
        self.receive.len()
    }

    /// Whether every accepted byte has left the chip. Waits for a byte that is being sent.
    pub fn is_drained(&self) -> bool {
        self.transmit.is_empty() && self.chip.is_idle()
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
        self.enable(Interrupts::empty());
    }
}

#[cfg(test)]
mod tests;
