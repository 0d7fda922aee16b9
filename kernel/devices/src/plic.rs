//! The platform-level interrupt controller (RISC-V PLIC specification 1.0.0).
//!
//! A line that is claimed and not completed cannot interrupt again (section 9). So a taken line is masked at no cost,
//! and its completion unmasks it.
//!
//! QEMU (7.2, hw/intc/sifive_plic.c) deviates: a pending bit is set when a device raises its line, and not
//! again at the completion while the line stays high. So a driver quiets its device before it acknowledges. Also, QEMU
//! looks at a changed enable bit only when something else is written; hence the order of writes below.
//!
//! The claim register of T-Head's C900 is filled by an arbiter that takes some clocks: read at once after another
//! register was written, it may give the line that won before, or none (openC910 RTL, `plic_arb_ctrl.v`). Each claim
//! has the arbiter begin anew, also one that gave nothing (`plic_hreg_busif.v`, `hreg_arbx_arb_flush`): who claims
//! again and again at once may never get a line.

use crate::registers::{Bus, Registers};

const PRIORITY: usize = 0;
const PENDING: usize = 0x1000;
const ENABLE: usize = 0x2000;
const ENABLE_STRIDE: usize = 0x80;
const CONTEXT: usize = 0x20_0000;
const CONTEXT_STRIDE: usize = 0x1000;
const CLAIM: usize = 4;

const NORMAL: u32 = 1;
/// How often a claim is read until it gives the line whose priority was raised.
const CLAIMS: u32 = 4;
/// How many reads of another register give the arbiter its time before a claim. It takes 12 clocks for 256 lines, 32 in
/// each of 8 and 4 around them, and a read takes 2 at least.
const READS: u32 = 8;
/// A priority above all other lines, used while a pending line is taken back.
const URGENT: u32 = 2;

/// The controller, as one context sees it.
#[derive(Debug)]
pub struct Plic<B = Registers> {
    registers: B,
    /// Offset of the context's first enable word.
    enable: usize,
    threshold: usize,
    claim: usize,
    lines: u32,
}

impl Plic {
    /// The controller with its registers at `base` and `lines` lines (line 0, which is none,
    /// among them), for `context`.
    ///
    /// # Safety
    /// The controller's registers must be mapped at `base`, for as long as this lives, and nobody else may use that
    /// context.
    pub const unsafe fn new(base: usize, context: usize, lines: u32) -> Self {
        // SAFETY: the caller's promise.
        Self::on(unsafe { Registers::new(base) }, context, lines)
    }
}

impl<B> Plic<B> {
    const fn on(registers: B, context: usize, lines: u32) -> Self {
        Self {
            registers,
            enable: ENABLE + ENABLE_STRIDE * context,
            threshold: CONTEXT + CONTEXT_STRIDE * context,
            claim: CONTEXT + CONTEXT_STRIDE * context + CLAIM,
            lines,
        }
    }
}

#[expect(private_bounds, reason = "only this crate's registers are one")]
impl<B: Bus> Plic<B> {
    /// Masks all lines, and sets the threshold so that a line comes through once it is unmasked.
    pub fn start(&mut self) {
        for word in 0..self.lines.div_ceil(32) as usize {
            self.registers.write32(self.enable + word * 4, 0);
        }
        self.registers.write32(self.threshold, 0);
    }

    /// How many bits a priority has, and how many lines can be enabled, of those that this controller may have.
    ///
    /// Call it after [`start`](Self::start) and before a line is unmasked. What is stored is taken back. The registers
    /// keep 1 where a bit is, and 0 where none is (RISC-V PLIC 1.0, sections 4 and 6).
    pub fn widths(&mut self) -> (u32, u32) {
        let first = PRIORITY + 4;
        self.registers.write32(first, u32::MAX);
        let priority = self.registers.read32(first).count_ones();
        self.registers.write32(first, 0);
        let mut lines = 0;
        for word in 0..self.lines.div_ceil(32) as usize {
            let enable = self.enable + word * 4;
            self.registers.write32(enable, u32::MAX);
            lines += self.registers.read32(enable).count_ones();
            self.registers.write32(enable, 0);
        }
        (priority, lines)
    }

    /// Takes the most urgent pending line and leaves it masked.
    #[inline(always)]
    pub fn take(&mut self) -> Option<u32> {
        let line = self.registers.read32(self.claim);
        (line != 0).then_some(line)
    }

    /// Lets a line interrupt, again or for the first time. Line 0 and lines past the last do nothing.
    #[inline]
    pub fn unmask(&mut self, line: u32) {
        let Some((enable, bit)) = self.enable(line) else {
            return;
        };
        let lines = self.registers.read32(enable);
        if lines & bit != 0 {
            // If the line was not taken, its gateway is open and stays open.
            self.registers.write32(self.claim, line);
            return;
        }
        self.registers.write32(enable, lines | bit);
        self.registers.write32(PRIORITY + line as usize * 4, NORMAL);
    }

    /// Masks a line, and forgets a pending interrupt of it.
    pub fn mask(&mut self, line: u32) {
        let Some((enable, bit)) = self.enable(line) else {
            return;
        };
        let lines = self.registers.read32(enable);
        if lines & bit == 0 {
            return;
        }
        // Completes the line if it was taken. A completion counts only while the line is enabled (section 10).
        self.registers.write32(self.claim, line);
        let pending = PENDING + line as usize / 32 * 4;
        if self.registers.read32(pending) & bit != 0 {
            // A claim returns the most urgent of the enabled lines that are pending: this one. If it is another one all
            // the same, that is pending again once it is completed: its level still stands.
            self.registers.write32(PRIORITY + line as usize * 4, URGENT);
            for _ in 0..CLAIMS {
                for _ in 0..READS {
                    self.registers.read32(pending);
                }
                let claimed = self.registers.read32(self.claim);
                if claimed != 0 {
                    self.registers.write32(self.claim, claimed);
                }
                if claimed == line {
                    break;
                }
            }
        }
        self.registers.write32(enable, lines & !bit);
        self.registers.write32(PRIORITY + line as usize * 4, NORMAL);
    }

    /// Where a line's enable bit is: offset of the word, and mask.
    #[inline]
    fn enable(&self, line: u32) -> Option<(usize, u32)> {
        let there = line != 0 && line < self.lines;
        there.then_some((self.enable + line as usize / 32 * 4, 1 << (line % 32)))
    }
}

#[cfg(test)]
mod tests;
