//! DesignWare's watchdog as the switch that resets a chip: it is turned on with the shortest period, and no software
//! can stop it then.
//!
//! Sources: U-Boot `drivers/watchdog/designware_wdt.c` (registers); Linux `drivers/reset/reset-th1520.c` (reset) and
//! `drivers/clk/thead/clk-th1520-ap.c` (gate).

use crate::registers::{Bus, Registers};

const CONTROL: usize = 0x00;
/// The period: 2^(16 + field) counts; bits 3 to 0, and for the first one bits 7 to 4.
const PERIOD: usize = 0x04;
/// On; without bit 1 the first end of the count resets the chip, with no warning before.
const ON: u32 = 1;

/// Where a register of gates or resets has the watchdog's bit.
#[derive(Clone, Copy, Debug)]
pub struct Switch {
    /// The register's address.
    pub address: usize,
    /// The bit: 1 is a clock that runs, or a reset that is released.
    pub bit: u32,
}

/// A watchdog whose clock may be off, and that may be held in reset.
#[derive(Debug)]
pub struct DwWatchdog {
    registers: Registers,
    switches: [(Registers, u32); 2],
}

impl DwWatchdog {
    /// The watchdog with its registers at `base`, with its gate and its reset.
    ///
    /// # Safety
    /// The three must be mapped, for as long as this lives.
    pub const unsafe fn new(base: usize, gate: Switch, reset: Switch) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            Self {
                registers: Registers::new(base),
                switches: [
                    (Registers::new(gate.address), gate.bit),
                    (Registers::new(reset.address), reset.bit),
                ],
            }
        }
    }

    /// Resets the chip, half a millisecond later.
    pub fn reset(&mut self) {
        let [gate, reset] = &mut self.switches;
        bite(
            (&mut gate.0, gate.1),
            (&mut reset.0, reset.1),
            &mut self.registers,
        );
    }
}

/// Opens what is closed, and turns the watchdog on.
fn bite<B: Bus>(gate: (&mut B, u32), reset: (&mut B, u32), watchdog: &mut B) {
    for (register, bit) in [gate, reset] {
        let others = register.read32(0);
        register.write32(0, others | bit);
        // A read returns only when the write has arrived.
        register.read32(0);
    }
    watchdog.write32(PERIOD, 0);
    watchdog.write32(CONTROL, ON);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::assert_eq;
    use std::vec::Vec;

    #[derive(Default)]
    struct Model {
        value: u32,
        writes: Vec<(usize, u32)>,
    }

    impl Bus for Model {
        fn read32(&mut self, offset: usize) -> u32 {
            assert_eq!(offset, 0);
            self.value
        }

        fn write32(&mut self, offset: usize, value: u32) {
            self.value = value;
            self.writes.push((offset, value));
        }
    }

    #[test]
    fn other_bits_of_gates_and_resets_stay() {
        let mut gate = Model {
            value: 0x10,
            ..Model::default()
        };
        let (mut reset, mut watchdog) = (Model::default(), Model::default());
        bite((&mut gate, 8), (&mut reset, 1), &mut watchdog);
        assert_eq!(gate.value, 0x18);
        assert_eq!(reset.value, 1);
        assert_eq!(watchdog.writes, [(4, 0), (0, 1)]);
    }
}
