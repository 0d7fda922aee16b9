//! The timer of the core-local interruptor: `mtime` and `mtimecmp` (Privileged Architecture, section 3.2.1;
//! their places: RISC-V ACLINT specification 1.0-rc4, chapter 2, as SiFive's CLINT has them).
//!
//! Both have 64 bits. They are read and written here in halves, because a 32-bit hart must do so.

use crate::registers::{Bus, Registers};

const COMPARE: usize = 0x4000;
const COMPARE_STRIDE: usize = 8;
const TIME: usize = 0xbff8;
/// Offset from the low half of a register to the high half.
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
    /// Sets the timer to interrupt at `ticks`, and takes back an interrupt of an earlier setting.
    pub fn set(&mut self, ticks: u64) {
        // With all ones in the high half, the old low half cannot form a time that has passed.
        self.registers.write32(self.compare + HIGH, u32::MAX);
        self.registers.write32(self.compare, ticks as u32);
        self.registers
            .write32(self.compare + HIGH, (ticks >> 32) as u32);
    }
}

/// The high half is read again, because the low half may have wrapped between the two reads.
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
