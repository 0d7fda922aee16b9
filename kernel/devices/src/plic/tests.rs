//! The driver against a model of the controller, written from the specification: gateways
//! (section 3), pending bits (section 5), claims (section 9) and completions (section 10).

use super::*;
use std::vec::Vec;
use std::{assert, assert_eq, vec};

const LINES: usize = 96;

/// One context of a controller.
struct Model {
    /// What the devices assert.
    high: [bool; LINES],
    /// Whether the gateway waits for a completion.
    closed: [bool; LINES],
    pending: [bool; LINES],
    enabled: [bool; LINES],
    priority: [u32; LINES],
    threshold: u32,
    /// Accesses that C900's arbiter takes; 0 is a controller without one.
    arbiter: u32,
    /// How many more of them it takes now, and what the claim register shows.
    at_work: u32,
    shown: usize,
}

impl Model {
    /// A gateway forwards one request, and the next after its completion.
    fn settle(&mut self) {
        for line in 1..LINES {
            if self.high[line] && !self.closed[line] {
                self.pending[line] = true;
                self.closed[line] = true;
            }
        }
    }

    /// The arbiter begins anew.
    fn arbitrate(&mut self) {
        self.at_work = self.arbiter;
    }

    /// Lets the arbiter come to its end. Where nothing is pending, the claim register keeps what it showed.
    fn decide(&mut self) {
        self.at_work = 0;
        let best = self.best();
        if best != 0 {
            self.shown = best;
        }
    }

    fn best(&self) -> usize {
        let candidates = (1..LINES)
            .filter(|&line| self.pending[line] && self.enabled[line] && self.priority[line] > 0);
        candidates
            .max_by_key(|&line| (self.priority[line], LINES - line))
            .unwrap_or(0)
    }

    /// Whether the hart is interrupted.
    fn interrupts(&self) -> bool {
        let best = self.best();
        best != 0 && self.priority[best] > self.threshold
    }
}

fn word(bits: &[bool; LINES], first: usize) -> u32 {
    (0..32)
        .filter(|bit| bits[first + bit])
        .map(|bit| 1 << bit)
        .sum()
}

impl Bus for Model {
    fn read32(&mut self, offset: usize) -> u32 {
        if offset != 0x20_1004 && self.at_work > 0 {
            self.at_work -= 1;
            if self.at_work == 0 {
                self.decide();
            }
        }
        match offset {
            0..0x180 => self.priority[offset / 4],
            0x1000..0x100c => word(&self.pending, (offset - 0x1000) * 8),
            0x2080..0x208c => word(&self.enabled, (offset - 0x2080) * 8),
            0x20_1004 => {
                let line = if self.arbiter > 0 {
                    // Also where it gives nothing.
                    self.arbitrate();
                    std::mem::take(&mut self.shown)
                } else {
                    self.best()
                };
                // A line that is shown and is off is not claimed.
                if self.enabled[line] {
                    self.pending[line] = false;
                }
                line as u32
            }
            _ => panic!("read of {offset:#x}"),
        }
    }

    fn write32(&mut self, offset: usize, value: u32) {
        self.arbitrate();
        match offset {
            0x4..0x180 => self.priority[offset / 4] = value & 7,
            0x2080..0x208c => {
                let first = (offset - 0x2080) * 8;
                for bit in 0..32 {
                    let is_there = first + bit != 0;
                    self.enabled[first + bit] = is_there && value >> bit & 1 == 1;
                }
            }
            0x20_1000 => self.threshold = value & 7,
            0x20_1004 => {
                let line = value as usize;
                // Ignored for a line that is not enabled.
                if line < LINES && self.enabled[line] {
                    self.closed[line] = false;
                    self.settle();
                }
            }
            _ => panic!("write of {offset:#x}"),
        }
    }
}

fn plic() -> Plic<Model> {
    let model = Model {
        high: [false; LINES],
        closed: [false; LINES],
        pending: [false; LINES],
        enabled: [true; LINES],
        priority: [0; LINES],
        threshold: 7,
        arbiter: 0,
        at_work: 0,
        shown: 0,
    };
    let mut plic = Plic::on(model, 1, LINES as u32);
    plic.start();
    plic
}

impl Plic<Model> {
    fn level(&mut self, line: u32, high: bool) {
        self.registers.high[line as usize] = high;
        self.registers.settle();
    }

    fn take_all(&mut self) -> Vec<u32> {
        let mut all = vec![];
        while self.registers.interrupts() {
            all.extend(self.take());
        }
        all
    }
}

#[test]
fn widths_are_told_and_nothing_stays_of_the_question() {
    let mut plic = plic();
    plic.level(1, true);
    assert_eq!(plic.widths(), (3, LINES as u32 - 1));
    assert_eq!(plic.registers.priority, [0; LINES]);
    assert_eq!(plic.registers.enabled, [false; LINES]);
    assert_eq!(plic.take_all(), []);
    plic.unmask(1);
    assert_eq!(plic.take_all(), [1]);
}

#[test]
fn nothing_comes_before_it_is_unmasked() {
    let mut plic = plic();
    for line in 1..LINES as u32 {
        plic.level(line, true);
    }
    assert_eq!(plic.take_all(), []);
    plic.unmask(33);
    assert_eq!(plic.take_all(), [33]);
}

#[test]
fn a_taken_line_comes_again_only_when_unmasked() {
    let mut plic = plic();
    for line in 1..LINES as u32 {
        plic.unmask(line);
        plic.level(line, true);
        assert_eq!(plic.take_all(), [line]);
        plic.level(line, false);
        plic.level(line, true);
        assert_eq!(plic.take_all(), []);
        plic.unmask(line);
        assert_eq!(plic.take_all(), [line]);
        plic.level(line, false);
        plic.unmask(line);
        assert_eq!(plic.take_all(), []);
    }
}

#[test]
fn a_masked_line_is_forgotten_and_disturbs_no_other() {
    let mut plic = plic();
    for line in [1, 31, 32, 64, 95] {
        plic.unmask(line);
        plic.level(line, true);
    }
    // It was raised and withdrawn: a stale request is pending.
    plic.level(32, false);
    plic.mask(32);
    assert_eq!(plic.take_all(), [1, 31, 64, 95]);
    plic.unmask(32);
    assert_eq!(plic.take_all(), []);
    plic.level(32, true);
    assert_eq!(plic.take_all(), [32]);
}

/// As C900's arbiter has it: a claim register that lags, and claims that have the arbiter begin anew.
#[test]
fn a_masked_line_is_forgotten_though_the_claim_register_lags() {
    for arbiter in 1..=8 {
        let mut plic = plic();
        plic.registers.arbiter = arbiter;
        for line in [10, 20] {
            plic.unmask(line);
            plic.level(line, true);
        }
        plic.registers.decide();
        assert_eq!(plic.registers.shown, 10);
        plic.level(20, false);
        plic.mask(20);
        assert!(!plic.registers.pending[20], "{arbiter}");
        plic.unmask(20);
        plic.registers.decide();
        assert_eq!(plic.take(), Some(10), "the other line is not lost");
        plic.registers.shown = 0;
        plic.registers.decide();
        assert_eq!(plic.take(), None);
    }
}

/// To take a pending line back, it gets a higher priority than all others for a moment. It must not keep it: otherwise
/// its next holder would have that priority, and a claim might return it instead of the next line that is taken back.
#[test]
fn a_masked_line_is_no_more_urgent_than_before() {
    let mut plic = plic();
    for line in [64, 10] {
        plic.unmask(line);
        plic.level(line, true);
    }
    plic.level(64, false);
    plic.mask(64);
    assert_eq!(plic.registers.priority[64], NORMAL);
    plic.unmask(64);
    plic.level(64, true);
    // Of lines that are as urgent as each other, the lowest comes first (section 4).
    assert_eq!(plic.take_all(), [10, 64]);
    for line in [10, 64] {
        plic.level(line, false);
        plic.unmask(line);
        plic.level(line, true);
    }
    plic.level(10, false);
    plic.mask(10);
    assert_eq!(plic.take_all(), [64], "another line was taken back");
}

#[test]
fn a_line_masked_while_taken_works_for_the_next_holder() {
    let mut plic = plic();
    plic.unmask(10);
    plic.level(10, true);
    assert_eq!(plic.take_all(), [10]);
    plic.mask(10);
    assert_eq!(plic.take_all(), []);
    // Still high: the next holder hears of it.
    plic.unmask(10);
    assert_eq!(plic.take_all(), [10]);
    plic.level(10, false);
    plic.unmask(10);
    plic.level(10, true);
    assert_eq!(plic.take_all(), [10]);
}

#[test]
fn acknowledging_what_did_not_come_changes_nothing() {
    let mut plic = plic();
    plic.unmask(7);
    for _ in 0..3 {
        plic.unmask(7);
        assert_eq!(plic.take_all(), []);
    }
    plic.level(7, true);
    plic.unmask(7);
    assert_eq!(plic.take_all(), [7]);
    assert_eq!(plic.take_all(), []);
}

#[test]
fn masking_twice_and_lines_that_are_not_there_do_nothing() {
    let mut plic = plic();
    plic.mask(5);
    for line in [0, 96, 1023, 1024, u32::MAX] {
        plic.unmask(line);
        plic.mask(line);
    }
    assert!(!plic.registers.enabled.iter().any(|enabled| *enabled));
}
