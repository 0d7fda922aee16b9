//! The early console of chips with Synopsys's DesignWare UART: as an NS16550, with registers of 32 bits, four bytes
//! apart (U-Boot `dts/upstream/src/riscv/thead/th1520.dtsi`, `include/ns16550.h`). It is written to without interrupts,
//! as the firmware left it.

use crate::registers::{Bus, Registers};

const TRANSMIT: usize = 0;
const LINE_STATUS: usize = 0x14;
/// Line status: the transmitter's FIFO is empty.
const TRANSMIT_EMPTY: u32 = 1 << 5;
/// How often the status is read before a byte is given up: a UART that is absent, gated, or in a bad state after its
/// driver must not hang the kernel. A FIFO of 16 bytes takes 1.4 ms at 115200 baud, a read of a device about 10 ns or
/// more.
const PATIENCE: u32 = 400_000;

/// A DesignWare UART as the firmware left it: configured, sending.
#[derive(Debug)]
pub struct DwUart<B = Registers> {
    registers: B,
    /// How often to read the status for the next byte. After a byte was given up, there is no wait until one is sent.
    patience: u32,
}

impl DwUart {
    /// The UART with its registers at `base`.
    ///
    /// # Safety
    /// The UART's registers must be mapped at `base`, for as long as this lives.
    pub const unsafe fn new(base: usize) -> Self {
        Self {
            // SAFETY: the caller's promise. Another driver's use of the UART at the same time garbles output, no more.
            registers: unsafe { Registers::new(base) },
            patience: PATIENCE,
        }
    }
}

#[expect(private_bounds, reason = "only this crate's registers are one")]
impl<B: Bus> DwUart<B> {
    /// Sends bytes, with a carriage return before each line feed, and waits until the last is accepted.
    #[inline(never)]
    pub fn print(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == b'\n' {
                self.send(b'\r');
            }
            self.send(byte);
        }
    }

    /// Waits until all has left the chip, or the patience ends.
    pub fn drain(&mut self) {
        /// Line status: the shift register is empty too.
        const IDLE: u32 = 1 << 6;
        for _ in 0..self.patience {
            if self.registers.read32(LINE_STATUS) & IDLE != 0 {
                return;
            }
        }
    }

    fn send(&mut self, byte: u8) {
        for _ in 0..self.patience {
            if self.registers.read32(LINE_STATUS) & TRANSMIT_EMPTY != 0 {
                self.registers.write32(TRANSMIT, byte.into());
                self.patience = PATIENCE;
                return;
            }
        }
        self.patience = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::assert_eq;
    use std::vec::Vec;

    /// A UART that takes a byte when its status says so.
    #[derive(Default)]
    struct Model {
        ready: bool,
        reads: u32,
        sent: Vec<u8>,
    }

    impl Bus for Model {
        fn read32(&mut self, offset: usize) -> u32 {
            assert_eq!(offset, 0x14);
            self.reads += 1;
            if self.ready { 0x60 } else { 0x40 }
        }

        fn write32(&mut self, offset: usize, value: u32) {
            assert_eq!(offset, 0);
            self.sent.push(value as u8);
        }
    }

    #[test]
    fn a_stuck_uart_costs_its_patience_once_and_recovers() {
        let mut uart = DwUart {
            registers: Model::default(),
            patience: PATIENCE,
        };
        uart.print(b"abc");
        assert_eq!(uart.registers.reads, PATIENCE + 2);
        uart.registers.ready = true;
        uart.print(b"d\n");
        assert_eq!(uart.registers.sent, b"d\r\n");
        assert_eq!(uart.patience, PATIENCE);
    }
}
