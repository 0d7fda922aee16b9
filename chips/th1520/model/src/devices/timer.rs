//! A timer of DesignWare's block of four. It counts down from its load value to 0 and begins again.
//! Source: U-Boot drivers/timer/dw-apb-timer.c, Linux drivers/clocksource/dw_apb_timer.c (registers, modes).

use crate::clock::{counts, reaches};
use crate::violation::Rule;

/// Bits of the control register.
const ENABLE: u32 = 1;
/// It begins again from the load value, and not from all ones.
const USER_DEFINED: u32 = 2;
const MASK: u32 = 4;

/// The timer.
#[derive(Clone, Debug)]
pub struct Timer {
    rate: u64,
    load: u32,
    control: u32,
    /// When the count reaches 0 next.
    ends: Option<u64>,
    raised: bool,
}

impl Timer {
    /// A timer after reset, whose counter runs at so many Hz.
    #[must_use]
    pub fn new(rate: u64) -> Self {
        Self {
            rate,
            load: 0,
            control: 0,
            ends: None,
            raised: false,
        }
    }

    /// Nanoseconds of so many counts.
    fn time(&self, counts: u64) -> u64 {
        reaches(counts.max(1), self.rate).unwrap_or(u64::MAX)
    }

    fn period(&self) -> u64 {
        self.time(if self.control & USER_DEFINED != 0 {
            self.load.into()
        } else {
            1 << 32
        })
    }

    /// Lets the count go on.
    pub fn advance(&mut self, now: u64) {
        if let Some(end) = self.ends.filter(|end| *end <= now) {
            self.raised = true;
            let period = self.period();
            self.ends = Some(end + ((now - end) / period + 1) * period);
        }
    }

    /// When the interrupt comes next.
    #[must_use]
    pub fn next_event(&self) -> Option<u64> {
        self.ends.filter(|_| !self.raised)
    }

    /// The interrupt line.
    #[must_use]
    pub fn line(&self) -> bool {
        self.raised && self.control & MASK == 0
    }

    /// Reads a register; reading the end of the interrupt ends it.
    pub fn read(&mut self, offset: u64, now: u64) -> Option<u32> {
        Some(match offset {
            0x00 => self.load,
            0x04 => self.ends.map_or(self.load, |end| {
                counts(end.saturating_sub(now), self.rate) as u32
            }),
            0x08 => self.control,
            0x0c => {
                self.raised = false;
                0
            }
            0x10 => u32::from(self.line()),
            _ => return None,
        })
    }

    /// Writes a register. A new load value counts from the next beginning on.
    pub fn write(&mut self, offset: u64, value: u32, now: u64) -> Option<Rule> {
        match offset {
            0x00 => self.load = value,
            0x08 => {
                let was_on = self.control & ENABLE != 0;
                self.control = value & 7;
                match (was_on, value & ENABLE != 0) {
                    (false, true) => self.ends = Some(now + self.time(self.load.into())),
                    (_, false) => self.ends = None,
                    (true, true) => {}
                }
            }
            _ => return Some(Rule::WriteIgnored),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_interrupts_each_period_until_that_is_ended() {
        let mut timer = Timer::new(1_000_000);
        timer.write(0, 50, 0);
        timer.write(8, ENABLE | USER_DEFINED, 1000);
        assert_eq!(timer.next_event(), Some(51_000));
        timer.advance(50_999);
        assert!(!timer.line());
        assert_eq!(timer.read(4, 41_000), Some(10));
        timer.advance(51_000);
        assert!(timer.line() && timer.next_event().is_none());
        timer.advance(500_000);
        assert_eq!(timer.read(0x10, 500_000), Some(1));
        timer.read(0x0c, 500_000);
        assert!(!timer.line());
        assert_eq!(timer.next_event(), Some(501_000));
        // A mask hides the interrupt, and does not end it.
        timer.write(8, ENABLE | USER_DEFINED | MASK, 500_000);
        timer.advance(501_000);
        assert!(!timer.line());
        timer.write(8, 0, 501_000);
        assert!(timer.line(), "only a read of the register ends it");
    }
}
