//! The early console: an NS16550 UART, written to without interrupts
//! (National Semiconductor PC16550D data sheet, section 8).

use crate::registers::Registers;

const TRANSMIT: usize = 0;
const LINE_STATUS: usize = 5;
/// Line status: the transmit holding register is empty.
const TRANSMIT_EMPTY: u8 = 1 << 5;
/// How often the status is read before a byte is given up: a UART that is absent, or in a bad state after its driver,
/// must not hang the kernel. This is ten times the duration of a byte at 115200 baud, if a read takes 10 ns.
const PATIENCE: u32 = 100_000;

/// An NS16550 as the firmware left it: configured, sending.
#[derive(Debug)]
pub struct Ns16550 {
    registers: Registers,
    /// How often to read the status for the next byte. After a byte was given up, there is no wait until one is sent.
    patience: u32,
}

impl Ns16550 {
    /// The UART with its registers, one byte each, at `base`.
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

    fn send(&mut self, byte: u8) {
        for _ in 0..self.patience {
            if self.registers.read8(LINE_STATUS) & TRANSMIT_EMPTY != 0 {
                self.registers.write8(TRANSMIT, byte);
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
    use core::cell::UnsafeCell;

    /// Bytes that a UART accepts, and the last of them.
    fn print(uart: &mut Ns16550, block: &UnsafeCell<[u8; 8]>, status: u8, bytes: &[u8]) -> u8 {
        let first = block.get().cast::<u8>();
        // SAFETY: the block is the test's, and larger than the offsets.
        unsafe {
            first.write(0);
            first.add(LINE_STATUS).write(status);
        }
        uart.print(bytes);
        // SAFETY: as above.
        unsafe { first.read() }
    }

    #[test]
    fn a_stuck_uart_costs_its_patience_once_and_recovers() {
        let block = UnsafeCell::new([0; 8]);
        // SAFETY: the block outlives the UART.
        let mut uart = unsafe { Ns16550::new(block.get().expose_provenance()) };
        assert_eq!(print(&mut uart, &block, TRANSMIT_EMPTY, b"a"), b'a');
        assert_eq!(print(&mut uart, &block, 0, b"b"), 0);
        assert_eq!(uart.patience, 1);
        assert_eq!(print(&mut uart, &block, 0, &[b'c'; 256]), 0);
        assert_eq!(uart.patience, 1);
        assert_eq!(print(&mut uart, &block, TRANSMIT_EMPTY, b"d"), b'd');
        assert_eq!(uart.patience, PATIENCE);
    }
}
