//! From a wave to what the counter needs, and back.
//!
//! It rounds as Linux `drivers/pwm/pwm_th1520.rs` does: down to counts, up to nanoseconds.

use driver_interfaces::Wave;
use userlib::Error;

/// Nanoseconds in a second.
const SECOND: u64 = 1_000_000_000;

/// The rate of the counter, in Hz: 1 to 1 GHz.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(u32);

impl Rate {
    /// This rate.
    ///
    /// # Errors
    /// `Invalid` for 0 and for more than 1 GHz: a count is then less than a nanosecond.
    pub const fn new(hertz: u32) -> Result<Self, Error> {
        match hertz {
            1..=1_000_000_000 => Ok(Self(hertz)),
            _ => Err(Error::Invalid),
        }
    }

    /// In Hz.
    pub const fn hertz(self) -> u32 {
        self.0
    }

    /// Whole counts in so many nanoseconds, as many as a register holds.
    fn counts(self, nanoseconds: u64) -> u32 {
        let counts = nanoseconds.saturating_mul(u64::from(self.0)) / SECOND;
        u32::try_from(counts).unwrap_or(u32::MAX)
    }

    /// So many counts in nanoseconds, rounded up.
    fn nanoseconds(self, counts: u32) -> u64 {
        (u64::from(counts) * SECOND).div_ceil(u64::from(self.0))
    }
}

/// What the counter works with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    /// Counts of a period; 0 where there is no wave.
    pub period: u32,
    /// Counts of its first phase, at most as many.
    pub first: u32,
    /// The first phase is low.
    pub inverted: bool,
}

impl Setting {
    /// What is nearest to a wave.
    ///
    /// # Errors
    /// `Invalid`: the output is to be high for longer than the period, or from after its end on.
    pub fn of(wave: Wave, rate: Rate) -> Result<Self, Error> {
        let Wave {
            period,
            duty,
            offset,
        } = wave;
        if period == 0 {
            return if (duty, offset) == (0, 0) {
                Ok(Self::default())
            } else {
                Err(Error::Invalid)
            };
        }
        if duty > period || offset >= period {
            return Err(Error::Invalid);
        }
        let counts = rate.counts(period).max(1);
        let high = rate.counts(duty).min(counts);
        let inverted = duty > 0 && offset > 0 && offset >= period - duty;
        Ok(Self {
            period: counts,
            first: if inverted { counts - high } else { high },
            inverted,
        })
    }

    /// The wave that it makes.
    pub fn wave(self, rate: Rate) -> Wave {
        let high = if self.inverted {
            self.period - self.first
        } else {
            self.first
        };
        let low_first = if self.inverted && high > 0 {
            self.first
        } else {
            0
        };
        Wave {
            period: rate.nanoseconds(self.period),
            duty: rate.nanoseconds(high),
            offset: rate.nanoseconds(low_first),
        }
    }

    /// Whether the output is never high.
    pub const fn is_low(self) -> bool {
        self.first == if self.inverted { self.period } else { 0 }
    }

    /// The same, low all the time, the way round that is asked for.
    pub const fn low(self, inverted: bool) -> Self {
        Self {
            first: if inverted { self.period } else { 0 },
            inverted,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(period: u64, duty: u64, offset: u64) -> Wave {
        Wave {
            period,
            duty,
            offset,
        }
    }

    fn rate(hertz: u32) -> Rate {
        Rate::new(hertz).expect("a rate")
    }

    #[test]
    fn rates_that_nothing_can_be_counted_with_are_refused() {
        assert_eq!(Rate::new(0), Err(Error::Invalid));
        assert_eq!(Rate::new(1_000_000_001), Err(Error::Invalid));
        assert_eq!(Rate::new(1_000_000_000).map(Rate::hertz), Ok(1_000_000_000));
    }

    #[test]
    fn lengths_are_rounded_down_to_counts_and_up_to_nanoseconds() {
        // A count is 41.67 ns.
        let setting = Setting::of(wave(1000, 500, 0), rate(24_000_000)).unwrap();
        assert_eq!((setting.period, setting.first), (24, 12));
        let setting = Setting::of(wave(999, 499, 0), rate(24_000_000)).unwrap();
        assert_eq!((setting.period, setting.first), (23, 11));
        assert_eq!(setting.wave(rate(24_000_000)), wave(959, 459, 0));
        // A count is 16 ns.
        let setting = Setting::of(wave(10_000_000, 2_500_000, 0), rate(62_500_000)).unwrap();
        assert_eq!((setting.period, setting.first), (625_000, 156_250));
        assert_eq!(
            setting.wave(rate(62_500_000)),
            wave(10_000_000, 2_500_000, 0)
        );
    }

    #[test]
    fn a_period_has_a_count_at_least_and_no_more_than_fit() {
        let setting = Setting::of(wave(1, 1, 0), rate(24_000_000)).unwrap();
        assert_eq!((setting.period, setting.first), (1, 0));
        let setting = Setting::of(wave(u64::MAX, u64::MAX, 0), rate(1_000_000_000)).unwrap();
        assert_eq!((setting.period, setting.first), (u32::MAX, u32::MAX));
    }

    #[test]
    fn what_is_high_at_the_end_is_inverted_and_another_offset_is_left_off() {
        let setting = Setting::of(wave(1000, 250, 750), rate(24_000_000)).unwrap();
        assert_eq!((setting.first, setting.inverted), (18, true));
        assert_eq!(setting.wave(rate(24_000_000)), wave(1000, 250, 750));
        let setting = Setting::of(wave(1000, 250, 749), rate(24_000_000)).unwrap();
        assert_eq!((setting.first, setting.inverted), (6, false));
    }

    #[test]
    fn waves_that_there_are_not_are_refused() {
        for (period, duty, offset) in [(10, 11, 0), (10, 5, 10), (0, 1, 0), (0, 0, 1)] {
            let refused = Setting::of(wave(period, duty, offset), rate(24_000_000));
            assert_eq!(refused, Err(Error::Invalid), "{period} {duty} {offset}");
        }
    }

    /// Rounding again changes nothing: what is told can be set.
    #[test]
    fn the_wave_that_is_told_is_the_one_that_it_has() {
        for hertz in [1, 3, 24_000_000, 62_500_000, 999_999_999, 1_000_000_000] {
            for (period, duty, offset) in [
                (5_000_000_000, 1_234_567_890, 0),
                (999_983, 1, 0),
                (1_000_003, 999_999, 4),
                (40_000, 0, 0),
                (40_001, 40_001, 0),
            ] {
                let once = Setting::of(wave(period, duty, offset), rate(hertz)).unwrap();
                let told = once.wave(rate(hertz));
                let again = Setting::of(told, rate(hertz)).unwrap();
                assert_eq!(again.wave(rate(hertz)), told, "{hertz} {period} {duty}");
            }
        }
    }

    #[test]
    fn low_is_low_either_way_round() {
        let setting = Setting::of(wave(1000, 250, 750), rate(24_000_000)).unwrap();
        for inverted in [false, true] {
            assert!(!setting.is_low());
            let low = setting.low(inverted);
            assert!(low.is_low());
            assert_eq!(low.wave(rate(24_000_000)), wave(1000, 0, 0));
        }
    }
}
