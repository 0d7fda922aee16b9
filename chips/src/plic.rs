//! The platform-level interrupt controller (RISC-V PLIC specification 1.0.0).
//!
//! A line that is claimed and not completed cannot interrupt again (section 9), so taking
//! one leaves it masked at no cost, and completing it lets it come again.

use crate::registers::Registers;

const PRIORITY: usize = 0;
const PENDING: usize = 0x1000;
const ENABLE: usize = 0x2000;
const ENABLE_STRIDE: usize = 0x80;
const CONTEXT: usize = 0x20_0000;
const CONTEXT_STRIDE: usize = 0x1000;
const THRESHOLD: usize = 0;
const CLAIM: usize = 4;

const NORMAL: u32 = 1;
/// Above all other lines, for the moment in which a pending one is taken back.
const URGENT: u32 = 2;

/// Lines that this driver can serve, 0 (no line) among them; the specification's most.
pub(crate) const LINES: u32 = 1024;

/// The controller, as one context sees it.
#[derive(Debug)]
pub struct Plic {
    registers: Registers,
    context: usize,
    claim: usize,
    /// Lines taken and not completed yet.
    taken: [u32; LINES as usize / 32],
}

impl Plic {
    /// The controller with its registers at `base`, for `context`.
    ///
    /// # Safety
    /// The controller's registers must be mapped at `base`, for as long as this lives, and nobody else may use that context.
    pub const unsafe fn new(base: usize, context: usize) -> Self {
        Self {
            // SAFETY: the caller's promise.
            registers: unsafe { Registers::new(base) },
            context,
            claim: CONTEXT + CONTEXT_STRIDE * context + CLAIM,
            taken: [0; LINES as usize / 32],
        }
    }

    /// Masks all lines up to `lines` (not included), and lets any that is unmasked later come through.
    pub fn start(&mut self, lines: u32) {
        for word in 0..(lines.min(LINES) as usize).div_ceil(32) {
            self.registers
                .write32(self.enable_word(word as u32 * 32), 0);
        }
        self.registers
            .write32(CONTEXT + CONTEXT_STRIDE * self.context + THRESHOLD, 0);
    }

    /// Takes the most urgent pending line and leaves it masked.
    #[inline]
    pub fn take(&mut self) -> Option<u32> {
        let line = self.registers.read32(self.claim);
        if line == 0 {
            return None;
        }
        if let Some(word) = self.taken.get_mut(line as usize / 32) {
            *word |= 1 << (line % 32);
        }
        Some(line)
    }

    /// Lets a line interrupt, again or for the first time. Line 0 and lines past the last do nothing.
    #[inline]
    pub fn unmask(&mut self, line: u32) {
        if line == 0 || line >= LINES {
            return;
        }
        if self.complete(line) {
            return;
        }
        self.registers.write32(PRIORITY + line as usize * 4, NORMAL);
        let enable = self.enable_word(line);
        let lines = self.registers.read32(enable);
        self.registers.write32(enable, lines | 1 << (line % 32));
    }

    /// Keeps a line from interrupting, and forgets one that is pending.
    pub fn mask(&mut self, line: u32) {
        if line == 0 || line >= LINES {
            return;
        }
        let enable = self.enable_word(line);
        let bit = 1 << (line % 32);
        let lines = self.registers.read32(enable);
        if lines & bit == 0 {
            return;
        }
        // A completion counts only while the line is enabled (section 10).
        self.complete(line);
        let pending = PENDING + line as usize / 32 * 4;
        if self.registers.read32(pending) & bit != 0 {
            // The most urgent of the pending lines is what a claim returns.
            self.registers.write32(PRIORITY + line as usize * 4, URGENT);
            while let Some(taken) = self.take() {
                if taken == line {
                    self.complete(line);
                    break;
                }
                // Not this one: it was withdrawn by its device. The other has lost nothing, it comes again.
                self.complete(taken);
                if self.registers.read32(pending) & bit == 0 {
                    break;
                }
            }
            self.registers.write32(PRIORITY + line as usize * 4, NORMAL);
        }
        self.registers.write32(enable, lines & !bit);
    }

    /// Completes a line, if it was taken. It stays enabled.
    #[inline]
    fn complete(&mut self, line: u32) -> bool {
        let bit = 1 << (line % 32);
        match self.taken.get_mut(line as usize / 32) {
            Some(word) if *word & bit != 0 => {
                *word &= !bit;
                self.registers.write32(self.claim, line);
                true
            }
            _ => false,
        }
    }

    fn enable_word(&self, line: u32) -> usize {
        ENABLE + ENABLE_STRIDE * self.context + line as usize / 32 * 4
    }
}
