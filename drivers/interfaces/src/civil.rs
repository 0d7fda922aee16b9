//! Seconds since 1970 to a civil date and back (proleptic Gregorian calendar, UTC).
//!
//! The method is that of Howard Hinnant, *chrono-compatible low-level date algorithms*: count
//! from 1 March, so that the leap day comes last in a year.

use core::fmt;
use userlib::log::{Line, Words};

/// Seconds in a day; UTC as computers keep it has no leap seconds.
const DAY: u64 = 86_400;

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: u64 = 719_468;

/// Days in 400 years.
const ERA: u64 = 146_097;

/// A date and a time of day, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime {
    /// Year, from 1970.
    pub year: u64,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, 1 to 31.
    pub day: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute, 0 to 59.
    pub minute: u8,
    /// Second, 0 to 59.
    pub second: u8,
}

impl DateTime {
    /// The date at `seconds` since 1970-01-01T00:00:00Z.
    pub const fn from_unix(seconds: u64) -> Self {
        let days = seconds / DAY + EPOCH;
        let of_day = (seconds % DAY) as u32;
        let era = days / ERA;
        let of_era = (days % ERA) as u32;
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = (of_year - (153 * from_march + 2) / 5 + 1) as u8;
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        let year = (year_of_era + (month <= 2) as u32) as u64 + era * 400;
        Self {
            year,
            month: month as u8,
            day,
            hour: (of_day / 3600) as u8,
            minute: (of_day / 60 % 60) as u8,
            second: (of_day % 60) as u8,
        }
    }

    /// Seconds since 1970-01-01T00:00:00Z. The fields must be a date from then on.
    pub const fn to_unix(self) -> u64 {
        let year = self.year - (self.month <= 2) as u64;
        let era = year / 400;
        let year_of_era = year % 400;
        let month = self.month as u64;
        let from_march = if month > 2 { month - 3 } else { month + 9 };
        let of_year = (153 * from_march + 2) / 5 + self.day as u64 - 1;
        let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
        let days = era * ERA + of_era - EPOCH;
        days * DAY + self.hour as u64 * 3600 + self.minute as u64 * 60 + self.second as u64
    }
}

impl Words for DateTime {
    fn add_to(&self, line: &mut Line) {
        line.push_decimal(self.year as usize, 4);
        let parts = [
            ("-", self.month),
            ("-", self.day),
            (" ", self.hour),
            (":", self.minute),
            (":", self.second),
        ];
        for (before, part) in parts {
            line.push(before);
            line.push_decimal(part.into(), 2);
        }
        line.push(" UTC");
    }
}

/// As in RFC 3339, with a blank for the `T`.
impl fmt::Display for DateTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC",
            self.year, self.month, self.day, self.hour, self.minute, self.second
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_s_words_are_those_that_are_shown() {
        for seconds in [0, 951_782_400, 4_102_444_799, 253_402_300_799] {
            let date = DateTime::from_unix(seconds);
            let mut line = Line::new();
            date.add_to(&mut line);
            assert_eq!(line.as_str(), date.to_string());
        }
    }

    /// A second computation, a day at a time.
    fn naive(days: u64) -> (u64, u8, u8) {
        let leap = |year: u64| {
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
        };
        let (mut year, mut left) = (1970, days);
        while left >= 365 + u64::from(leap(year)) {
            left -= 365 + u64::from(leap(year));
            year += 1;
        }
        let lengths = [
            31,
            28 + u64::from(leap(year)),
            31,
            30,
            31,
            30,
            31,
            31,
            30,
            31,
            30,
            31,
        ];
        let mut month = 0;
        while left >= lengths[month] {
            left -= lengths[month];
            month += 1;
        }
        (year, month as u8 + 1, left as u8 + 1)
    }

    #[test]
    fn every_day_of_five_centuries_agrees_and_comes_back() {
        for days in 0..500 * 366 {
            let seconds = days * DAY + days % DAY;
            let date = DateTime::from_unix(seconds);
            assert_eq!((date.year, date.month, date.day), naive(days), "day {days}");
            assert_eq!(date.to_unix(), seconds);
        }
    }

    #[test]
    fn known_instants() {
        assert_eq!(
            DateTime::from_unix(0).to_string(),
            "1970-01-01 00:00:00 UTC"
        );
        assert_eq!(
            DateTime::from_unix(951_827_696).to_string(),
            "2000-02-29 12:34:56 UTC"
        );
        assert_eq!(
            DateTime::from_unix(4_107_542_399).to_string(),
            "2100-02-28 23:59:59 UTC"
        );
        assert_eq!(
            DateTime::from_unix(4_107_542_400).to_string(),
            "2100-03-01 00:00:00 UTC"
        );
    }

    #[test]
    fn the_largest_clock_value_is_a_date() {
        assert_eq!(DateTime::from_unix(u64::MAX / 1_000_000_000).year, 2554);
    }
}
