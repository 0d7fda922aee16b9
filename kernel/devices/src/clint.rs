//! The timer of the core-local interruptor: `mtime` and `mtimecmp` (Privileged Architecture, section 3.2.1;
//! their places: RISC-V ACLINT specification 1.0-rc4, chapter 2, as SiFive's CLINT has them).
//!
//! Both are of 64 bits and are read and written here in halves, as a hart of 32 bits must.

use crate::registers::{Bus, Registers};

const COMPARE: usize = 0x4000;
const COMPARE_STRIDE: usize = 8;
const TIME: usize = 0xbff8;
/// From the low half of a register to the high one.
const HIGH: usize = 4;

/// The timer of one hart.
#[derive(Debug)]
pub struct Clint<B = Registers> {
    registers: B,
    /// Offset of the hart's `mtimecmp`.
    compare: usize,
}

impl Clint {
    /// The timer of `hart`, with the interruptor's registers at `base`.
    ///
    /// # Safety
    /// They must be mapped at `base`, for as long as this lives, and nobody else may use that hart's.
    pub const unsafe fn new(base: usize, hart: usize) -> Self {
        Self {
            // SAFETY: the caller's promise.
            registers: unsafe { Registers::new(base) },
            compare: COMPARE + COMPARE_STRIDE * hart,
        }
    }

    /// Ticks since the reset.
    #[inline(always)]
    pub fn time(&self) -> u64 {
        time(&mut &self.registers)
    }
}

#[expect(private_bounds, reason = "only this crate's registers are one")]
impl<B: Bus> Clint<B> {
    /// Has the timer interrupt at `ticks`, and takes back an interrupt of an earlier setting.
    pub fn set(&mut self, ticks: u64) {
        // With all ones on top, no half of the old value makes a time that has come.
        self.registers.write32(self.compare + HIGH, u32::MAX);
        self.registers.write32(self.compare, ticks as u32);
        self.registers
            .write32(self.compare + HIGH, (ticks >> 32) as u32);
    }
}

/// The high half is read again, in case the low one has wrapped between the two.
#[inline(always)]
fn time<B: Bus>(registers: &mut B) -> u64 {
    let mut high = registers.read32(TIME + HIGH);
    loop {
        let low = registers.read32(TIME);
        let again = registers.read32(TIME + HIGH);
        if again == high {
            return u64::from(high) << 32 | u64::from(low);
        }
        high = again;
    }
}

#[cfg(test)]
mod tests;
