//! Time: nanoseconds of the model, and counters that run at other rates.

/// Nanoseconds in a second.
const SECOND: u128 = 1_000_000_000;

/// Counts of a counter of so many Hz at a time.
#[must_use]
pub fn counts(now: u64, rate: u64) -> u64 {
    (u128::from(now) * u128::from(rate) / SECOND) as u64
}

/// The first time at which such a counter shows a count; nothing if it never does.
#[must_use]
pub fn reaches(count: u64, rate: u64) -> Option<u64> {
    let time = (u128::from(count) * SECOND).div_ceil(u128::from(rate.max(1)));
    u64::try_from(time).ok()
}

/// An alarm at a count of the `time` counter.
#[derive(Clone, Copy, Debug)]
pub struct Alarm {
    rate: u64,
    at: Option<u64>,
}

impl Alarm {
    /// One that is off, for a counter of so many Hz.
    #[must_use]
    pub fn new(rate: u64) -> Self {
        Self { rate, at: None }
    }

    /// Sets it, and takes back one that is due.
    pub fn set(&mut self, ticks: u64) {
        self.at = reaches(ticks, self.rate);
    }

    /// Whether it is due.
    #[must_use]
    pub fn is_due(&self, now: u64) -> bool {
        self.at.is_some_and(|at| at <= now)
    }

    /// When it will be.
    #[must_use]
    pub fn next_event(&self, now: u64) -> Option<u64> {
        self.at.filter(|at| *at > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_reaches_a_count_when_it_shows_it() {
        for rate in [3_000_000, 24_000_000, 62_500_000, 73_728_000] {
            for count in [0, 1, 2, 3, 1000, 12_345_678] {
                let time = reaches(count, rate).unwrap();
                assert_eq!(counts(time, rate), count, "{rate} Hz");
                assert!(time == 0 || counts(time - 1, rate) < count, "{rate} Hz");
            }
        }
        assert_eq!(reaches(u64::MAX, 3_000_000), None);
    }
}
