//! Clock gates and resets of the TH1520's application part.
//! Source: U-Boot drivers/clk/thead/clk-th1520-ap.c and Linux drivers/clk/thead/clk-th1520-ap.c (gates), Linux
//! drivers/reset/reset-th1520.c (resets); revyos/thead-kernel drivers/clk/thead/clk-light-fm.c (GPIO3's bus clock is
//! GPIO2's gate).

use crate::violation::Rule;

/// Bytes of each of the two blocks.
const SIZE: usize = 0x1000;

/// A gate: the register's offset in the clock block, and the bits that must be on.
pub type Gate = (usize, u32);
/// A reset: the register's offset in the reset block, and the bits that must be on for the block to work.
pub type Reset = (usize, u32);

/// Gates of the register at 0x204 that are on when the firmware enters the kernel in this model: UART0 and the pads.
/// The reset values of the others are not published, so they are off here: a driver that needs one must switch it on.
const PERIPHERAL_GATES: u32 = 1 << 14 | 1 << 22 | 1 << 24;

/// Both blocks. What is written reads back.
#[derive(Clone, Debug)]
pub struct Control {
    clocks: Box<[u32; SIZE / 4]>,
    resets: Box<[u32; SIZE / 4]>,
}

impl Control {
    /// As the firmware leaves it. `open`: all gates are on and nothing is held in reset.
    #[must_use]
    pub fn new(open: bool) -> Self {
        let fill = if open { u32::MAX } else { 0 };
        let mut control = Self {
            clocks: Box::new([0; SIZE / 4]),
            resets: Box::new([fill; SIZE / 4]),
        };
        control.clocks[0x204 / 4] = fill | PERIPHERAL_GATES;
        control.clocks[0x208 / 4] = fill;
        // Dividers as the vendor's SPL sets them (board/thead/light-c910/sys_clk.c).
        for (offset, value) in [(0x120, 2), (0x130, 1), (0x140, 2), (0x150, 3)] {
            control.clocks[offset / 4] = value;
        }
        for (offset, mask) in [(0x70, 3), (0xc4, 1), (0x20c, 1)] {
            control.resets[offset / 4] |= mask;
        }
        control
    }

    /// Whether a block answers, or the rule that an access breaks.
    ///
    /// # Errors
    /// The rule.
    pub fn check(&self, gate: Option<Gate>, reset: Option<Reset>) -> Result<(), Rule> {
        if gate.is_some_and(|(offset, mask)| self.clocks[offset / 4] & mask != mask) {
            return Err(Rule::Gated);
        }
        if reset.is_some_and(|(offset, mask)| self.resets[offset / 4] & mask != mask) {
            return Err(Rule::InReset);
        }
        Ok(())
    }

    /// Reads a register of the clock block.
    #[must_use]
    pub fn clock(&self, offset: u64) -> u32 {
        self.clocks[offset as usize / 4]
    }

    /// Writes a register of the clock block.
    pub fn set_clock(&mut self, offset: u64, value: u32) {
        self.clocks[offset as usize / 4] = value;
    }

    /// Reads a register of the reset block.
    #[must_use]
    pub fn reset(&self, offset: u64) -> u32 {
        self.resets[offset as usize / 4]
    }

    /// Writes a register of the reset block. Answers which bits it took from 1 to 0.
    pub fn set_reset(&mut self, offset: u64, value: u32) -> u32 {
        let old = std::mem::replace(&mut self.resets[offset as usize / 4], value);
        old & !value
    }
}
