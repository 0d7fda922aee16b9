//! A channel's stores, against a model of the counter that has the strict rules of the sources.

use super::*;
use crate::setting::Rate;
use driver_interfaces::Wave;
use driver_testing::{DeviceModel, Offer};
use std::cell::RefCell;
use std::rc::Rc;

/// The registers of the channels, and what the counter of one has taken over.
#[derive(Default)]
struct Model {
    words: std::collections::BTreeMap<usize, u32>,
    /// Period, first phase, and the level of the first phase, by the counter.
    taken: Option<(u32, u32, bool)>,
    staged: Option<(u32, u32)>,
    starts: u32,
}

/// The channel that is tried.
const NUMBER: usize = 1;
const BASE: usize = NUMBER * STRIDE;

impl Model {
    /// The period ends.
    fn period_ends(&mut self) {
        if let (Some((period, first)), Some(taken)) = (self.staged.take(), &mut self.taken) {
            (taken.0, taken.1) = (period, first);
        }
    }

    /// Counts of a period in which the output is high, and whether it begins so.
    fn high(&self) -> (u32, bool) {
        let Some((period, first, level)) = self.taken else {
            return (0, false);
        };
        let first = first.min(period);
        (if level { first } else { period - first }, level)
    }
}

impl DeviceModel for Model {
    fn load(&mut self, offset: usize, width: usize) -> u64 {
        assert_eq!(width, 4);
        u64::from(self.words.get(&offset).copied().unwrap_or(0))
    }

    fn store(&mut self, offset: usize, width: usize, value: u64) {
        assert_eq!(width, 4);
        assert!((BASE..BASE + STRIDE).contains(&offset), "another channel");
        let value = value as u32;
        if offset == BASE + CONTROL {
            let old = self.words.get(&offset).copied().unwrap_or(0);
            let level = value >> 8 & 1 != 0;
            if let Some((.., fixed)) = self.taken {
                assert_eq!(level, fixed, "it has started");
            }
            let rises = |bit: u32| !old & value & 1 << bit != 0;
            if rises(2) {
                let [period, first] = [PERIOD, FIRST_PHASE].map(|at| self.words[&(BASE + at)]);
                self.staged = Some((period, first));
            }
            if rises(0) {
                assert_eq!(value >> 2 & 1, 0, "a start is a store of its own");
                assert_eq!(value >> 4 & 3, 2, "continuous");
                let (period, first) = self.staged.take().expect("set before the start");
                self.taken = Some((period, first, level));
                self.starts += 1;
            }
            self.words.insert(offset, value & !1);
        } else {
            self.words.insert(offset, value);
        }
    }
}

/// What came of a wave.
type Seen = Result<(u32, bool), Error>;

/// Sets waves one after the other, each for a period. Gives what came of each: counts high, begins high.
fn waves(waves: &'static [(u64, u64, u64)]) -> (Vec<Seen>, u32) {
    let model = Rc::new(RefCell::new(Model::default()));
    let offer = Offer::new("pwm", 0, 0).with_device("registers", model.clone(), WINDOW);
    let seen = model.clone();
    let results = offer.bind(move |device| {
        let window = device.io_mem::<WINDOW>(0)?;
        let rate = Rate::new(24_000_000)?;
        let mut channel = Channel::default();
        let one = |&(period, duty, offset): &(u64, u64, u64)| {
            let wave = Wave {
                period,
                duty,
                offset,
            };
            let has = channel.set(&window, NUMBER, Setting::of(wave, rate)?)?;
            assert_eq!(has.wave(rate).duty, duty, "what it tells");
            seen.borrow_mut().period_ends();
            Ok(seen.borrow().high())
        };
        Ok(waves.iter().map(one).collect::<Vec<_>>())
    });
    let starts = model.borrow().starts;
    (results.expect("bound"), starts)
}

#[test]
fn each_new_wave_is_taken_over_and_the_counter_starts_once() {
    let (seen, starts) = waves(&[
        (1000, 500, 0),
        (1000, 250, 0),
        (2000, 250, 0),
        (2000, 2000, 0),
    ]);
    let high = [12, 6, 6, 48].map(|counts| Ok((counts, true)));
    assert_eq!(seen, high);
    assert_eq!(starts, 1);
}

#[test]
fn a_duty_of_nothing_is_low_and_a_wave_comes_again_without_a_start() {
    let (seen, starts) = waves(&[
        (1000, 500, 0),
        (1000, 0, 0),
        (1000, 500, 0),
        (0, 0, 0),
        (1000, 250, 0),
    ]);
    let high = [12, 0, 12, 0, 6].map(|counts| Ok((counts, true)));
    assert_eq!(seen, high);
    assert_eq!(starts, 1);
}

#[test]
fn an_inverted_wave_is_low_too_when_it_is_off() {
    let (seen, starts) = waves(&[(1000, 250, 750), (1000, 0, 0), (0, 0, 0), (1000, 500, 500)]);
    let high = [6, 0, 0, 12].map(|counts| Ok((counts, false)));
    assert_eq!(seen, high);
    assert_eq!(starts, 1);
}

#[test]
fn a_channel_that_runs_is_not_turned_round() {
    let (seen, _) = waves(&[(1000, 250, 0), (1000, 250, 750), (1000, 500, 0)]);
    assert_eq!(seen, [Ok((6, true)), Err(Error::Busy), Ok((12, true))]);
}

#[test]
fn a_channel_that_was_never_on_stays_untouched_when_it_is_turned_off() {
    let (seen, starts) = waves(&[(0, 0, 0), (1000, 0, 0)]);
    assert_eq!((seen, starts), (vec![Ok((0, false)); 2], 0));
}
