//! How fast a fan runs at which temperature.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

/// A speed, and from which temperature on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// From so many thousandths of a degree Celsius on.
    pub from: i32,
    /// Percent of the full speed.
    pub percent: u8,
}

/// How much colder than a level's beginning it must be before the fan leaves the level, in thousandths of a degree.
const HYSTERESIS: i32 = 2_000;

/// The levels of two lists of the same length, as the manifest has them.
///
/// # Panics
/// If the lengths differ, or if temperatures or speeds do not rise: where it is a constant, that does not compile.
pub const fn levels<const COUNT: usize>(from: &[i32], percent: &[u8]) -> [Level; COUNT] {
    assert!(
        from.len() == COUNT && percent.len() == COUNT,
        "the settings `from` and `percent` have as many entries"
    );
    let mut levels = [Level {
        from: 0,
        percent: 0,
    }; COUNT];
    let mut index = 0;
    while index < COUNT {
        let (from, percent) = (from[index], percent[index]);
        if let Some(before) = index.checked_sub(1) {
            let before = levels[before];
            assert!(
                before.from < from && before.percent <= percent,
                "the entries of the settings `from` and `percent` rise"
            );
        }
        levels[index] = Level { from, percent };
        index += 1;
    }
    levels
}

/// The level at a temperature, after this one: an index in `levels`, which begin at rising temperatures. Below the
/// first the fan has the speed of the first.
pub fn level(levels: &[Level], before: usize, temperature: i32) -> usize {
    let reached = |(index, level): &(usize, &Level)| {
        let margin = if *index <= before { HYSTERESIS } else { 0 };
        *index == 0 || temperature >= level.from - margin
    };
    levels
        .iter()
        .enumerate()
        .take_while(reached)
        .count()
        .saturating_sub(1)
}

/// So many percent of all parts of a period.
pub fn duty(percent: u8, all: u16) -> u16 {
    (u32::from(percent.min(100)) * u32::from(all) / 100) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVELS: &[Level] = &levels::<3>(&[0, 50_000, 70_000], &[20, 50, 100]);

    #[test]
    fn levels_are_pairs_that_rise() {
        let second = Level {
            from: 50_000,
            percent: 50,
        };
        assert_eq!(LEVELS[1], second);
        assert!(levels::<0>(&[], &[]).is_empty());
        for (from, percent) in [
            (&[0, 1][..], &[1][..]),
            (&[0, 1, 2], &[1, 2]),
            (&[1, 1], &[1, 2]),
            (&[0, 1], &[2, 1]),
        ] {
            let made = std::panic::catch_unwind(|| levels::<2>(from, percent));
            assert!(made.is_err(), "{from:?} {percent:?}");
        }
    }

    #[test]
    fn a_level_is_reached_at_its_temperature_and_left_below_it() {
        for (before, temperature, after) in [
            (0, 49_999, 0),
            (0, 50_000, 1),
            (1, 48_000, 1),
            (1, 47_999, 0),
            (0, 90_000, 2),
            (2, 68_000, 2),
            (2, 67_999, 1),
            (2, -40_000, 0),
        ] {
            assert_eq!(
                level(LEVELS, before, temperature),
                after,
                "{before} {temperature}"
            );
        }
    }

    #[test]
    fn a_duty_is_a_part_of_all() {
        assert_eq!(
            [0, 50, 100, 200].map(|percent| duty(percent, 1000)),
            [0, 500, 1000, 1000]
        );
        assert_eq!(duty(100, u16::MAX), u16::MAX);
    }
}
