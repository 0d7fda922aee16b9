//! One channel of the PWM block.
//! Source: Linux drivers/pwm/pwm_th1520.rs; Jisheng Zhang, "pwm: add T-HEAD PWM driver", version 2 (pwm-thead.c), which
//! has the stricter rules: an edge for CFG_UPDATE, START clears itself, FPOUT is fixed once started.

use crate::clock::{counts, reaches};
use crate::violation::Rule;

/// Bits of `CTRL`.
mod control {
    pub(super) const START: u32 = 1;
    pub(super) const SOFT_RESET: u32 = 1 << 1;
    pub(super) const UPDATE: u32 = 1 << 2;
    pub(super) const CONTINUOUS: u32 = 1 << 5;
    pub(super) const ONE_SHOT: u32 = 1 << 4;
    pub(super) const FIRST_PHASE_HIGH: u32 = 1 << 8;
    pub(super) const INACTIVE_HIGH: u32 = 1 << 9;
    pub(super) const KNOWN: u32 = 0x3ff;
}

/// What the counter works with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Setting {
    period: u32,
    first_phase: u32,
}

/// The channel.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Counts in a second.
    rate: u64,
    control: u32,
    repeat: u32,
    period: u32,
    first_phase: u32,
    /// What was latched by an update and waits for the end of the period, or for the start.
    staged: Option<Setting>,
    /// When that was, while the counter ran.
    updated_at: Option<u64>,
    active: Setting,
    /// The time at which the counter was 0 when the present setting began; nothing while it stands.
    origin: Option<u64>,
    /// Of a one-shot: when it ends.
    ends: Option<u64>,
}

impl Channel {
    /// A channel after reset, whose counter runs at so many Hz.
    #[must_use]
    pub fn new(rate: u64) -> Self {
        Self {
            rate,
            control: 0,
            repeat: 0,
            period: 0,
            first_phase: 0,
            staged: None,
            updated_at: None,
            active: Setting::default(),
            origin: None,
            ends: None,
        }
    }

    fn counted(&self, origin: u64, now: u64) -> u64 {
        counts(now - origin, self.rate)
    }

    /// The time at which so many counts have passed since an origin.
    fn after(&self, origin: u64, count: u64) -> u64 {
        reaches(count, self.rate).map_or(u64::MAX, |time| origin.saturating_add(time))
    }

    /// Lets periods end.
    pub fn advance(&mut self, now: u64) {
        let Some(origin) = self.origin else { return };
        if self.ends.is_some_and(|end| end <= now) {
            self.origin = None;
            self.ends = None;
            return;
        }
        if self.active.period == 0 {
            // Nothing counts: a new setting is taken at once.
            if let Some(setting) = self.staged.take() {
                self.active = setting;
                self.origin = Some(now);
            }
            return;
        }
        if self.staged.is_some() {
            let period = u64::from(self.active.period);
            let whole = self.counted(origin, self.updated_at.unwrap_or(now)) / period;
            let end = self.after(origin, (whole + 1) * period);
            if end <= now {
                self.active = self.staged.take().unwrap_or_default();
                self.origin = Some(end);
                self.updated_at = None;
            }
        }
    }

    fn position(&self, now: u64) -> Option<(u64, u64, u64)> {
        let origin = self.origin?;
        let period = u64::from(self.active.period);
        (period > 0).then(|| {
            let count = self.counted(origin, now);
            (origin, count / period, count % period)
        })
    }

    /// The level at the block's output.
    #[must_use]
    pub fn level(&self, now: u64) -> bool {
        let first = self.control & control::FIRST_PHASE_HIGH != 0;
        if self.origin.is_none() {
            return self.control & control::INACTIVE_HIGH != 0;
        }
        let phase = u64::from(self.active.first_phase);
        let in_first = self
            .position(now)
            .is_some_and(|(_, _, count)| count < phase);
        in_first == first
    }

    /// When the level may change next.
    #[must_use]
    pub fn next_event(&self, now: u64) -> Option<u64> {
        let (origin, periods, count) = self.position(now)?;
        let (period, phase) = (
            u64::from(self.active.period),
            u64::from(self.active.first_phase),
        );
        let within = if count < phase.min(period) {
            phase.min(period)
        } else {
            period
        };
        Some(self.after(origin, periods * period + within).max(now + 1))
    }

    /// Reads a register.
    #[must_use]
    pub fn read(&self, offset: u64, now: u64) -> Option<u32> {
        Some(match offset {
            0x00 => self.control,
            0x04 => self.repeat,
            0x08 => self.period,
            0x0c => self.first_phase,
            0x10 => self
                .position(now)
                .map_or(0, |(_, periods, _)| periods as u32 & 0xff),
            0x14..0x20 => 0,
            _ => return None,
        })
    }

    /// Writes a register. Answers a rule that the write breaks.
    pub fn write(&mut self, offset: u64, value: u32, now: u64) -> Option<Rule> {
        self.advance(now);
        match offset {
            0x00 => return self.set_control(value, now),
            0x04 => self.repeat = value,
            0x08 => self.period = value,
            0x0c => self.first_phase = value,
            _ => return Some(Rule::WriteIgnored),
        }
        None
    }

    fn set_control(&mut self, value: u32, now: u64) -> Option<Rule> {
        if value & control::SOFT_RESET != 0 {
            *self = Self::new(self.rate);
            return None;
        }
        let mut rule = (value & !control::KNOWN != 0).then_some(Rule::ReservedBits);
        let mut new = value & control::KNOWN & !control::START;
        let fixed = control::FIRST_PHASE_HIGH;
        if self.origin.is_some() && (new ^ self.control) & fixed != 0 {
            new = new & !fixed | self.control & fixed;
            rule = Some(Rule::WriteIgnored);
        }
        if value & control::UPDATE != 0 && self.control & control::UPDATE == 0 {
            self.staged = Some(Setting {
                period: self.period,
                first_phase: self.first_phase,
            });
            self.updated_at = self.origin.map(|_| now);
        }
        self.control = new;
        if value & control::START != 0 {
            if self.origin.is_some() {
                rule = Some(Rule::WriteIgnored);
            } else {
                self.start(now);
            }
        }
        self.advance(now);
        rule
    }

    fn start(&mut self, now: u64) {
        let repeats = match self.control & (control::CONTINUOUS | control::ONE_SHOT) {
            control::CONTINUOUS => None,
            control::ONE_SHOT => Some(u64::from(self.repeat) + 1),
            _ => return,
        };
        if let Some(setting) = self.staged.take() {
            self.active = setting;
        }
        self.updated_at = None;
        self.origin = Some(now);
        self.ends = repeats.map(|count| self.after(now, count * u64::from(self.active.period)));
    }
}
