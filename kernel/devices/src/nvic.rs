//! Arm's nested vectored interrupt controller (Armv7-M Architecture Reference Manual, DDI 0403E.e, section B3.4, and
//! B3.2.4 for `ICSR`), with all lines at one priority: none is nested.
//!
//! Lines are taken to be levels, like those of all devices here. If a line is high when its handler returns, it becomes
//! pending again, masked or not. It stays pending after the device has lowered it, because the state is a latch. (QEMU
//! 7.2 does the same, hw/intc/armv7m_nvic.c, `armv7m_nvic_complete_irq`.) So a pending state is cleared when a line is
//! unmasked. If the line is still high, the state cannot be cleared (`nvic_sysreg_write`, `NVIC_ICPR`), and the
//! interrupt is not lost.

use crate::registers::{Bus, Fixed};

/// The system control space.
const BASE: usize = 0xe000_e000;
/// `NVIC_ISER0`, `NVIC_ICER0`, `NVIC_ICPR0`, `NVIC_IPR0`.
const ENABLE: usize = 0x100;
const DISABLE: usize = 0x180;
const FORGET: usize = 0x280;
const PRIORITY: usize = 0x400;
/// `ICSR`.
const STATE: usize = 0xd04;
/// `ICSR.VECTPENDING`: the number of the most urgent exception that is pending and enabled.
const PENDING_SHIFT: u32 = 12;
/// The field has nine bits. The last is 0 with up to [`MOST_LINES`], and without it the compiler makes a shorter test.
const PENDING_MASK: u32 = 0xff;
/// Lines that the controller of a Cortex-M3 or M4 may have.
const MOST_LINES: u32 = 240;
/// Exceptions have this number and higher ones, from line 0 on.
const FIRST: u32 = 16;

/// The controller.
#[derive(Debug)]
pub struct Nvic<B = Fixed<BASE>> {
    registers: B,
    lines: u32,
}

impl Nvic {
    /// The controller, with so many lines.
    ///
    /// # Safety
    /// Call it on a processor of Arm's M profile, where nobody else uses the controller.
    ///
    /// # Panics
    /// When there are more than 240 lines.
    pub const unsafe fn new(lines: u32) -> Self {
        assert!(lines <= MOST_LINES, "too many lines for this code");
        Self {
            // SAFETY: the caller's promise; the address is the architecture's.
            registers: unsafe { Fixed::new() },
            lines,
        }
    }

    /// Whether an exception waits to be taken, that of the system timer among them.
    #[inline(always)]
    pub fn is_pending(&self) -> bool {
        pending(Bus::read32(&mut &self.registers, STATE)) != 0
    }
}

#[expect(private_bounds, reason = "only this crate's registers are one")]
impl<B: Bus> Nvic<B> {
    /// Masks all lines and gives them a priority.
    pub fn start(&mut self, priority: u8) {
        for line in (0..self.lines).step_by(32) {
            let (word, _) = place(line);
            self.registers.write32(DISABLE + word, u32::MAX);
            self.registers.write32(FORGET + word, u32::MAX);
        }
        for line in (0..self.lines).step_by(4) {
            let priorities = u32::from_ne_bytes([priority; 4]);
            self.registers.write32(PRIORITY + line as usize, priorities);
        }
    }

    /// Takes a line and leaves it masked: first the line whose handler runs, unless it was taken already; otherwise the
    /// most urgent pending one. `active` is the number of the exception that is being handled (`IPSR`).
    #[inline(always)]
    pub fn take(&mut self, active: u32) -> Option<u32> {
        if active >= FIRST {
            let line = active - FIRST;
            let (word, bit) = place(line);
            if self.registers.read32(ENABLE + word) & bit != 0 {
                self.registers.write32(DISABLE + word, bit);
                return Some(line);
            }
        }
        let line = pending(self.registers.read32(STATE)).checked_sub(FIRST)?;
        let (word, bit) = place(line);
        self.registers.write32(DISABLE + word, bit);
        Some(line)
    }

    /// Lets a line interrupt, again or for the first time. Lines past the last do nothing.
    #[inline]
    pub fn unmask(&mut self, line: u32) {
        if line < self.lines {
            let (word, bit) = place(line);
            self.registers.write32(FORGET + word, bit);
            self.registers.write32(ENABLE + word, bit);
        }
    }

    /// Masks a line, and forgets a pending interrupt of it.
    pub fn mask(&mut self, line: u32) {
        if line < self.lines {
            let (word, bit) = place(line);
            self.registers.write32(DISABLE + word, bit);
            self.registers.write32(FORGET + word, bit);
        }
    }
}

/// The number of the most urgent exception that waits, 0 for none.
#[inline(always)]
const fn pending(state: u32) -> u32 {
    state >> PENDING_SHIFT & PENDING_MASK
}

/// Where a line's bit is: offset of the word, and mask.
#[inline(always)]
const fn place(line: u32) -> (usize, u32) {
    (line as usize / 32 * 4, 1 << (line % 32))
}

#[cfg(test)]
mod tests;
