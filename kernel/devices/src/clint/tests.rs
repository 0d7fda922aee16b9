//! The driver against a model of the two registers, in a machine where time goes on while it works.

use super::*;
use std::{assert, assert_eq};

/// The timer of hart 1, in a machine where each access takes some ticks.
struct Model {
    time: u64,
    step: u64,
    compare: u64,
    /// The interrupt was pending at some moment.
    interrupted: bool,
}

impl Model {
    /// An access: time goes on, and the interrupt is pending while `mtime >= mtimecmp`.
    fn pass(&mut self) {
        self.interrupted |= self.time >= self.compare;
        self.time += self.step;
        self.interrupted |= self.time >= self.compare;
    }
}

impl Bus for Model {
    fn read32(&mut self, offset: usize) -> u32 {
        let value = match offset {
            0xbff8 => self.time as u32,
            0xbffc => (self.time >> 32) as u32,
            _ => panic!("read of {offset:#x}"),
        };
        self.pass();
        value
    }

    fn write32(&mut self, offset: usize, value: u32) {
        let value = u64::from(value);
        match offset {
            0x4008 => self.compare = self.compare >> 32 << 32 | value,
            0x400c => self.compare = self.compare & 0xffff_ffff | value << 32,
            _ => panic!("write of {offset:#x}"),
        }
        self.pass();
    }
}

const WRAP: u64 = 1 << 32;

#[test]
fn the_time_read_lies_between_the_begin_and_the_end_of_reading() {
    for step in [0, 1, 2, 1000, WRAP / 8] {
        for begin in (WRAP - 4..WRAP + 4).chain(5 * WRAP - 4..5 * WRAP + 4) {
            let mut model = Model {
                time: begin,
                step,
                compare: u64::MAX,
                interrupted: false,
            };
            let read = time(&mut model);
            assert!(
                (begin..=model.time).contains(&read),
                "{read:#x} from {begin:#x} on"
            );
        }
    }
}

#[test]
fn no_interrupt_comes_before_the_time_set_whatever_was_set_before() {
    let far = [
        100,
        WRAP - 1,
        WRAP,
        WRAP + 1,
        2 * WRAP - 1,
        7 * WRAP + 12,
        u64::MAX,
    ];
    for now in [0, 50, WRAP - 10, WRAP + 50, 5 * WRAP] {
        for before in far {
            for after in far {
                if before <= now + 10 || after <= now + 10 {
                    continue;
                }
                let mut clint = Clint {
                    registers: Model {
                        time: now,
                        step: 1,
                        compare: before,
                        interrupted: false,
                    },
                    compare: COMPARE + COMPARE_STRIDE,
                };
                clint.set(after);
                let model = &mut clint.registers;
                assert_eq!(model.compare, after);
                assert!(!model.interrupted, "{now:#x}: {before:#x} -> {after:#x}");
                model.time = after - 1;
                model.step = 0;
                model.pass();
                assert!(!model.interrupted);
                model.time = after;
                model.pass();
                assert!(model.interrupted);
            }
        }
    }
}

#[test]
fn a_time_that_has_come_interrupts_at_once_and_a_later_one_takes_it_back() {
    let mut clint = Clint {
        registers: Model {
            time: 3 * WRAP,
            step: 0,
            compare: u64::MAX,
            interrupted: false,
        },
        compare: COMPARE + COMPARE_STRIDE,
    };
    for past in [0, WRAP, 3 * WRAP] {
        clint.set(past);
        assert!(clint.registers.interrupted);
        clint.set(4 * WRAP);
        clint.registers.interrupted = false;
        clint.registers.pass();
        assert!(!clint.registers.interrupted);
    }
}
