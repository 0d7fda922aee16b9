//! The UART of Arm's Cortex-M System Design Kit, written to without interrupts: the early console (DDI 0479C, chapter
//! 4, "APB UART").

use crate::registers::{Bus, Registers};

const DATA: usize = 0;
const STATE: usize = 4;
const CONTROL: usize = 8;
const DIVIDER: usize = 0x10;
/// The transmit buffer, of one byte, is full.
const FULL: u32 = 1;
const TRANSMIT: u32 = 1;
/// The smallest that works.
const LEAST_DIVIDER: u32 = 16;
/// How often the status is read before a byte is given up.
const PATIENCE: u32 = 100_000;

/// The UART, configured by its driver, sending.
#[derive(Debug)]
pub struct CmsdkUart<B = Registers> {
    registers: B,
    /// How often to read the status for the next byte. After a byte was given up, there is no wait until one is sent.
    patience: u32,
}

impl CmsdkUart {
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
impl<B: Bus> CmsdkUart<B> {
    /// Sends bytes, with a carriage return before each line feed, and waits until the last is accepted.
    #[inline(never)]
    pub fn print(&mut self, bytes: &[u8]) {
        let control = self.registers.read32(CONTROL);
        if control & TRANSMIT == 0 {
            // It is not configured, or its driver has switched it off.
            if self.registers.read32(DIVIDER) < LEAST_DIVIDER {
                self.registers.write32(DIVIDER, LEAST_DIVIDER);
            }
            self.registers.write32(CONTROL, control | TRANSMIT);
        }
        for &byte in bytes {
            if byte == b'\n' {
                self.send(b'\r');
            }
            self.send(byte);
        }
    }

    fn send(&mut self, byte: u8) {
        for _ in 0..self.patience {
            if self.registers.read32(STATE) & FULL == 0 {
                self.registers.write32(DATA, byte.into());
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
    use std::vec::Vec;
    use std::{assert, assert_eq};

    /// Full for a while after each byte, or for ever.
    #[derive(Default)]
    struct Model {
        control: u32,
        divider: u32,
        full: u32,
        stuck: bool,
        sent: Vec<u8>,
        reads: u32,
    }

    impl Bus for Model {
        fn read32(&mut self, offset: usize) -> u32 {
            match offset {
                STATE => {
                    self.reads += 1;
                    self.full = self.full.saturating_sub(1);
                    u32::from(self.full != 0 || self.stuck)
                }
                CONTROL => self.control,
                DIVIDER => self.divider,
                _ => panic!("read at {offset:#x}"),
            }
        }

        fn write32(&mut self, offset: usize, value: u32) {
            match offset {
                DATA => {
                    assert!(self.control & 1 == 1 && self.divider >= 16, "not set up");
                    assert!(self.full == 0 && !self.stuck, "overrun");
                    self.sent.push(value as u8);
                    self.full = 5;
                }
                CONTROL => self.control = value,
                DIVIDER => self.divider = value,
                _ => panic!("write at {offset:#x}"),
            }
        }
    }

    fn uart() -> CmsdkUart<Model> {
        CmsdkUart {
            registers: Model::default(),
            patience: PATIENCE,
        }
    }

    #[test]
    fn it_sets_the_uart_up_and_waits_for_room() {
        let mut uart = uart();
        uart.print(b"a\nb");
        assert_eq!(uart.registers.sent, b"a\r\nb");
    }

    #[test]
    fn what_a_driver_has_set_stays() {
        let mut uart = uart();
        (uart.registers.control, uart.registers.divider) = (0b1011, 217);
        uart.print(b"x");
        assert_eq!(
            (uart.registers.control, uart.registers.divider),
            (0b1011, 217)
        );
        uart.registers.control = 0b1010;
        uart.print(b"x");
        assert_eq!(
            (uart.registers.control, uart.registers.divider),
            (0b1011, 217)
        );
    }

    #[test]
    fn a_stuck_uart_costs_its_patience_once_and_recovers() {
        let mut uart = uart();
        uart.registers.stuck = true;
        uart.print(&[b'c'; 256]);
        assert!(
            uart.registers.reads < PATIENCE + 300,
            "{}",
            uart.registers.reads
        );
        uart.registers.stuck = false;
        uart.print(b"d");
        assert_eq!(uart.registers.sent, b"d");
        assert_eq!(uart.patience, PATIENCE);
    }
}
