//! A wave measured at a pad, in time: what a person with an oscilloscope would write down.

use crate::board::th1520::{Edge, Pad};
use std::fmt;

/// How long a pad must keep its level to be called steady, in nanoseconds.
const STEADY: u64 = 100_000_000;

/// What a pad does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wave {
    /// Nothing drives it.
    Open,
    /// It has one level.
    Steady(bool),
    /// It is high again and again.
    Pulses {
        /// From one rising edge to the next, in nanoseconds.
        period: u64,
        /// Of that, how long it is high.
        high: u64,
    },
}

impl fmt::Display for Wave {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => formatter.write_str("open"),
            Self::Steady(level) => write!(formatter, "steady {}", u8::from(*level)),
            Self::Pulses { period, high } => write!(formatter, "period {period} high {high}"),
        }
    }
}

/// Measures one pad.
#[derive(Clone, Debug)]
pub struct Meter {
    pad: Pad,
    level: Option<bool>,
    since: u64,
    /// The last rising edges, and the falling one between them.
    rising: Option<u64>,
    falling: Option<u64>,
    told: Option<Wave>,
}

impl Meter {
    /// A meter at a pad that nothing drives yet.
    #[must_use]
    pub fn new(pad: Pad) -> Self {
        Self {
            pad,
            level: None,
            since: 0,
            rising: None,
            falling: None,
            told: None,
        }
    }

    /// Takes an edge; answers a wave that is not the one told last.
    pub fn edge(&mut self, edge: Edge) -> Option<Wave> {
        if edge.pad != self.pad {
            return None;
        }
        let before = self.level;
        (self.level, self.since) = (edge.level, edge.now);
        match (before, edge.level) {
            (Some(false), Some(true)) => {
                let began = self.rising.replace(edge.now);
                let (began, fell) = (began?, self.falling?);
                let wave = Wave::Pulses {
                    period: edge.now - began,
                    high: fell - began,
                };
                (fell > began).then(|| self.tell(wave)).flatten()
            }
            (Some(true), Some(false)) => {
                self.falling = Some(edge.now);
                None
            }
            _ => {
                (self.rising, self.falling) = (None, None);
                None
            }
        }
    }

    /// The time is this; answers a wave that is not the one told last.
    pub fn rest(&mut self, now: u64) -> Option<Wave> {
        if now < self.since + STEADY {
            return None;
        }
        (self.rising, self.falling) = (None, None);
        self.tell(self.level.map_or(Wave::Open, Wave::Steady))
    }

    fn tell(&mut self, wave: Wave) -> Option<Wave> {
        (self.told.replace(wave) != Some(wave)).then_some(wave)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(meter: &mut Meter, changes: &[(u64, bool)]) -> Vec<Wave> {
        let edge = |&(now, level): &(u64, bool)| Edge {
            pad: Pad::FAN,
            level: Some(level),
            now,
        };
        changes
            .iter()
            .filter_map(|change| meter.edge(edge(change)))
            .collect()
    }

    #[test]
    fn a_wave_is_told_once_and_again_when_it_changes() {
        let mut meter = Meter::new(Pad::FAN);
        let pulses = |period, high| Wave::Pulses { period, high };
        let changes: Vec<(u64, bool)> = [0, 10, 20, 30, 50, 70]
            .into_iter()
            .flat_map(|start| [(start, true), (start + 4, false)])
            .collect();
        let mut all = vec![(0, false)];
        all.extend(changes.iter().map(|(now, level)| (now + 100, *level)));
        assert_eq!(edges(&mut meter, &all), [pulses(10, 4), pulses(20, 4)]);
        assert_eq!(meter.rest(200), None);
        assert_eq!(meter.rest(200 + STEADY), Some(Wave::Steady(false)));
        assert_eq!(meter.rest(300 + STEADY), None);
        // What was before a pause is no part of a period.
        assert_eq!(edges(&mut meter, &[(400 + STEADY, true)]), []);
    }
}
