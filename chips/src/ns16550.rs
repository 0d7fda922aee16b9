//! The early console: an NS16550 UART, written to without interrupts
//! (National Semiconductor PC16550D data sheet, section 8).

use crate::registers::Registers;

const TRANSMIT: usize = 0;
const LINE_STATUS: usize = 5;
/// Line status: the transmit holding register is empty.
const TRANSMIT_EMPTY: u8 = 1 << 5;
/// How often the status is read before a byte is given up: a UART that is not there must not hang the kernel.
const PATIENCE: u32 = 1_000_000;

/// An NS16550 as the firmware left it: configured, sending.
#[derive(Debug)]
pub struct Ns16550 {
    registers: Registers,
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
        for _ in 0..PATIENCE {
            if self.registers.read8(LINE_STATUS) & TRANSMIT_EMPTY != 0 {
                break;
            }
        }
        self.registers.write8(TRANSMIT, byte);
    }
}
