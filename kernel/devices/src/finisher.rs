//! The "test finisher" that ends QEMU (QEMU, include/hw/misc/sifive_test.h).

use crate::registers::{Bus, Registers};

const FAIL: u32 = 0x3333;
const PASS: u32 = 0x5555;
const RESET: u32 = 0x7777;

/// The register that turns the machine off.
#[derive(Debug)]
pub struct Finisher {
    registers: Registers,
}

impl Finisher {
    /// The finisher with its register at `base`.
    ///
    /// # Safety
    /// The register must be mapped at `base`, for as long as this lives.
    pub const unsafe fn new(base: usize) -> Self {
        Self {
            // SAFETY: the caller's promise.
            registers: unsafe { Registers::new(base) },
        }
    }

    /// Turns the machine off with an exit code, of which 16 bits count, or resets it.
    /// Returns only if the machine has no finisher there.
    pub fn finish(&mut self, code: u32, reset: bool) {
        self.registers.write32(0, command(code, reset));
    }
}

const fn command(code: u32, reset: bool) -> u32 {
    match (reset, code) {
        (true, _) => RESET,
        (false, 0) => PASS,
        (false, code) => FAIL | (code & 0xffff) << 16,
    }
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn exit_codes_are_what_qemu_decodes() {
        // sifive_test_write: status = value & 0xffff, code = value >> 16.
        assert_eq!(command(0, false), 0x5555);
        assert_eq!(command(7, false), 0x0007_3333);
        assert_eq!(command(0, true), 0x7777);
    }
}
