//! The clock with an alarm of QEMU's `virt` board.
//! Source: Android, *Goldfish virtual hardware*, section "Goldfish real-time clock"; QEMU hw/rtc/goldfish_rtc.c.

/// The clock. Its time is that since the machine began, so that each run is the same.
#[derive(Clone, Debug, Default)]
pub struct Goldfish {
    /// The high half of the time, as of the last read of the low half.
    latched: u64,
    alarm: u64,
    armed: bool,
    enabled: bool,
    pending: bool,
}

impl Goldfish {
    /// Lets the alarm come.
    pub fn advance(&mut self, now: u64) {
        if self.armed && self.alarm <= now {
            self.armed = false;
            self.pending = true;
        }
    }

    /// When it comes.
    #[must_use]
    pub fn next_event(&self, now: u64) -> Option<u64> {
        self.armed.then_some(self.alarm.max(now + 1))
    }

    /// The interrupt line.
    #[must_use]
    pub fn line(&self) -> bool {
        self.enabled && self.pending
    }

    /// Reads a register.
    pub fn read(&mut self, offset: u64, now: u64) -> u64 {
        match offset {
            0x00 => {
                self.latched = now >> 32;
                now & 0xffff_ffff
            }
            0x04 => self.latched,
            0x08 => self.alarm & 0xffff_ffff,
            0x0c => self.alarm >> 32,
            0x10 => u64::from(self.enabled),
            0x18 => u64::from(self.armed),
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u64, value: u64, now: u64) {
        match offset {
            // Writing the low half arms; an alarm in the past comes at once.
            0x08 => {
                self.alarm = self.alarm & !0xffff_ffff | value & 0xffff_ffff;
                self.armed = true;
                self.advance(now);
            }
            0x0c => self.alarm = self.alarm & 0xffff_ffff | value << 32,
            0x10 => self.enabled = value & 1 != 0,
            0x14 => self.armed = false,
            0x1c => self.pending = false,
            _ => {}
        }
    }
}
