//! The timer of Arm's Cortex-M System Design Kit, as a clock (DDI 0479C, chapter 3, "APB timer").
//!
//! It counts 32 bits down, stays at 0 for a tick, raises its interrupt there, and starts again. This driver keeps the
//! upper half of the time. The interrupt status shows a turn that is not counted yet. (QEMU 7.2 does the same,
//! hw/timer/cmsdk-apb-timer.c, but keeps the status only while the interrupt is enabled.)

use crate::registers::{Bus, Fixed};

const CONTROL: usize = 0;
const VALUE: usize = 4;
const RELOAD: usize = 8;
/// Interrupt status; a 1 clears it.
const STATUS: usize = 0xc;
/// Counting, with the interrupt enabled.
const ON: u32 = 1 | 1 << 3;
/// Ticks of a turn.
const TURN: u64 = 1 << 32;

/// The clock, with its registers at `BASE`.
#[derive(Debug)]
pub struct CmsdkTimer<const BASE: usize> {
    registers: Fixed<BASE>,
    /// Ticks of the turns that were counted.
    before: u64,
}

impl<const BASE: usize> CmsdkTimer<BASE> {
    /// The timer.
    ///
    /// # Safety
    /// Its registers must be mapped at `BASE`, for as long as this lives, and nobody else may use it.
    pub const unsafe fn new() -> Self {
        Self {
            // SAFETY: the caller's promise.
            registers: unsafe { Fixed::new() },
            before: 0,
        }
    }

    /// Starts at 0.
    pub fn start(&mut self) {
        self.registers.write32(CONTROL, 0);
        self.registers.write32(RELOAD, u32::MAX);
        self.registers.write32(VALUE, u32::MAX);
        self.registers.write32(STATUS, 1);
        self.registers.write32(CONTROL, ON);
    }

    /// Ticks since the start.
    #[inline]
    pub fn now(&self) -> u64 {
        self.before + elapsed(|offset| Bus::read32(&mut &self.registers, offset))
    }

    /// Counts a turn, when the timer has interrupted. Call it before another turn is over.
    pub fn count_turn(&mut self) {
        if self.registers.read32(STATUS) & 1 == 0 {
            return;
        }
        // It stays at 0 for a tick; the turn is over only after that.
        while self.registers.read32(VALUE) == 0 {}
        self.registers.write32(STATUS, 1);
        self.before += TURN;
    }
}

/// Ticks since the last turn that was counted.
#[inline(always)]
fn elapsed(mut read: impl FnMut(usize) -> u32) -> u64 {
    let value = read(VALUE);
    if read(STATUS) & 1 == 0 {
        // There was no turn until now, so there was none when the value was read.
        return u64::from(u32::MAX - value);
    }
    elapsed_after_turn(read(VALUE))
}

/// The same, if the status was set before the value was read. The status is already set at 0, before the turn is over.
#[cold]
#[inline(never)]
fn elapsed_after_turn(value: u32) -> u64 {
    let turn = if value == 0 { 0 } else { TURN };
    turn + u64::from(u32::MAX - value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::assert_eq;

    /// What the registers hold so many ticks after the start, when no turn was counted.
    fn at(ticks: u64, offset: usize) -> u32 {
        match offset {
            VALUE => u32::MAX - (ticks % TURN) as u32,
            // From the tick on that holds at 0.
            STATUS => u32::from(ticks >= TURN - 1),
            _ => panic!("read at {offset:#x}"),
        }
    }

    #[test]
    fn time_never_jumps_wherever_a_turn_falls_between_two_reads() {
        for start in (0..10).chain(TURN - 10..TURN + 10) {
            for step in 1..4 {
                let mut ticks = start;
                let time = elapsed(|offset| {
                    let value = at(ticks, offset);
                    ticks += step;
                    value
                });
                // The time of one of the reads, and so between the first and the last.
                assert!((start..ticks).contains(&time), "{start} {step}: {time}");
            }
        }
    }

    #[test]
    fn a_clock_that_stands_is_read_exactly() {
        for ticks in [0, 1, TURN - 2, TURN - 1, TURN, TURN + 1, 2 * TURN - 2] {
            assert_eq!(elapsed(|offset| at(ticks, offset)), ticks);
        }
    }
}
