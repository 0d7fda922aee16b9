//! DesignWare's watchdog. Once it is on, only a reset stops it.
//! Source: U-Boot drivers/watchdog/designware_wdt.c, Linux drivers/watchdog/dw_wdt.c, Synopsys DW_apb_wdt databook.

use crate::clock::{counts, reaches};
use crate::violation::Rule;

/// What is written to start the count again.
const RESTART: u32 = 0x76;

/// The watchdog.
#[derive(Clone, Debug)]
pub struct Watchdog {
    rate: u64,
    control: u32,
    range: u32,
    /// When the count reaches 0.
    ends: Option<u64>,
    /// The count reached 0 once, and an interrupt stands.
    warned: bool,
    resets: bool,
}

impl Watchdog {
    /// A watchdog after reset, whose counter runs at so many Hz.
    #[must_use]
    pub fn new(rate: u64) -> Self {
        Self {
            rate,
            control: 0,
            range: 0,
            ends: None,
            warned: false,
            resets: false,
        }
    }

    /// Nanoseconds of a period: 2^(16 + field) counts.
    fn period(&self, field: u32) -> u64 {
        reaches(1 << (16 + (field & 15)), self.rate).unwrap_or(u64::MAX)
    }

    /// Lets the count end.
    pub fn advance(&mut self, now: u64) {
        while let Some(end) = self.ends.filter(|end| *end <= now && !self.resets) {
            if self.control & 2 != 0 && !self.warned {
                self.warned = true;
                self.ends = Some(end + self.period(self.range));
            } else {
                self.resets = true;
            }
        }
    }

    /// When it does.
    #[must_use]
    pub fn next_event(&self) -> Option<u64> {
        self.ends.filter(|_| !self.resets)
    }

    /// Whether it resets the chip.
    #[must_use]
    pub fn resets(&self) -> bool {
        self.resets
    }

    /// The interrupt line.
    #[must_use]
    pub fn line(&self) -> bool {
        self.warned
    }

    /// Reads a register; reading `EOI` ends the interrupt, and the count goes on.
    pub fn read(&mut self, offset: u64, now: u64) -> Option<u32> {
        Some(match offset {
            0x00 => self.control,
            0x04 => self.range,
            0x08 => self
                .ends
                .map_or(0, |end| counts(end.saturating_sub(now), self.rate) as u32),
            0x0c => 0,
            0x10 => u32::from(self.warned),
            0x14 => {
                self.warned = false;
                0
            }
            0xf8 | 0xf4 => 0,
            0xfc => 0x4457_0120,
            _ => return None,
        })
    }

    /// Writes a register. Answers a rule that the write breaks.
    pub fn write(&mut self, offset: u64, value: u32, now: u64) -> Option<Rule> {
        match offset {
            0x00 => {
                let on = self.control & 1;
                self.control = value & 0x1f | on;
                if self.control & 1 != on {
                    // The first period has a field of its own.
                    self.ends = Some(now + self.period(self.range >> 4));
                }
                return (on == 1 && value & 1 == 0).then_some(Rule::WriteIgnored);
            }
            0x04 => self.range = value & 0xff,
            0x0c if value & 0xff == RESTART => {
                self.warned = false;
                if self.control & 1 != 0 {
                    self.ends = Some(now + self.period(self.range));
                }
            }
            _ => return Some(Rule::WriteIgnored),
        }
        None
    }
}
