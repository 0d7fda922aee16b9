//! A rate, measured by the edges of a wave against the kernel's clock.

use driver_th1520::blocks::BLOCKS;
use userlib::Error;
use userlib::time::TICKS_PER_SECOND;

/// Periods that are measured.
const PERIODS: u32 = 8;
/// How long an edge may take to come, in ticks: a fifth of a second.
const PATIENCE: u64 = TICKS_PER_SECOND / 5;

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edges {
    /// An edge did not come.
    None,
    /// So many periods in so many ticks of the kernel's clock.
    Some {
        /// From rising edge to rising edge.
        periods: u32,
        /// Their time.
        ticks: u64,
    },
}

/// Waits for rising edges, without a pause.
///
/// # Errors
/// Those of `level`.
pub(crate) fn edges(
    mut level: impl FnMut() -> Result<bool, Error>,
    time: impl Fn() -> u64,
) -> Result<Edges, Error> {
    let mut until = |wanted: bool| -> Result<Option<u64>, Error> {
        let began = time();
        loop {
            let is = level()?;
            let now = time();
            if is == wanted {
                return Ok(Some(now));
            }
            if now - began > PATIENCE {
                return Ok(None);
            }
        }
    };
    let mut began = None;
    let mut ended = 0;
    for _ in 0..=PERIODS {
        let (Some(_), Some(rose)) = (until(false)?, until(true)?) else {
            return Ok(Edges::None);
        };
        began.get_or_insert(rose);
        ended = rose;
    }
    Ok(Edges::Some {
        periods: PERIODS,
        ticks: ended - began.unwrap_or(ended),
    })
}

/// The rate of a counter that has so many counts in a period, in Hz.
pub(crate) fn hertz(counts: u32, periods: u32, ticks: u64) -> u64 {
    let all = u128::from(counts) * u128::from(periods) * u128::from(TICKS_PER_SECOND);
    (all / u128::from(ticks.max(1))) as u64
}

/// Says whether that is what the PWM's driver counts with.
pub(crate) fn judge(hertz: u64) {
    let known = BLOCKS.iter().find(|block| block.name == "pwm");
    let known = known.map_or(0, |block| u64::from(block.rate));
    if hertz.abs_diff(known) > known / 100 {
        userlib::log!("warning: the image counts with {known} Hz, and the board with {hertz} Hz");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// A wave that is high for `high` of `period` ticks; each look takes a tick.
    fn wave(period: u64, high: u64) -> Result<Edges, Error> {
        let now = Cell::new(0);
        let level = || {
            now.set(now.get() + 1);
            Ok(now.get() % period < high)
        };
        edges(level, || now.get())
    }

    #[test]
    fn periods_are_from_rise_to_rise() {
        let ticks = 8 * 1000;
        assert_eq!(wave(1000, 300), Ok(Edges::Some { periods: 8, ticks }));
        // 1000 ticks are a period of 24 counts.
        assert_eq!(hertz(24, 8, ticks), TICKS_PER_SECOND * 24 / 1000);
        assert_eq!(hertz(24, 8, 0), u64::from(24 * 8_u32) * TICKS_PER_SECOND);
    }

    #[test]
    fn a_line_that_keeps_its_level_is_no_wave() {
        assert_eq!(wave(1000, 0), Ok(Edges::None));
        assert_eq!(wave(1000, 1000), Ok(Edges::None));
        let gone = edges(|| Err(Error::Revoked), || 0);
        assert_eq!(gone, Err(Error::Revoked));
    }
}
