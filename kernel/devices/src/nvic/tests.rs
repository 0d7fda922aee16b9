//! The driver against a model of the controller, written from the manual: section B3.4.1 ("Operation of NVIC
//! interrupts": levels, pending and active states) and the registers in B3.4.3 to B3.4.9.

use super::*;
use std::{assert, assert_eq};

const LINES: usize = 96;
const SYSTEM_TIMER: u32 = 15;

#[derive(Clone)]
struct Model {
    /// What the devices assert.
    high: [bool; LINES],
    pending: [bool; LINES],
    enabled: [bool; LINES],
    priority: [u8; LINES],
    /// The line whose handler runs.
    active: Option<usize>,
    timer_pending: bool,
}

impl Model {
    const fn new() -> Self {
        Self {
            high: [false; LINES],
            pending: [true; LINES],
            enabled: [true; LINES],
            priority: [0; LINES],
            active: None,
            timer_pending: false,
        }
    }

    /// A device changes its line; a rising one is latched.
    fn set(&mut self, line: usize, high: bool) {
        if high && !self.high[line] {
            self.pending[line] = true;
        }
        self.high[line] = high;
    }

    fn best(&self) -> Option<usize> {
        (0..LINES).find(|&line| self.pending[line] && self.enabled[line])
    }

    /// The processor enters the handler of the most urgent line, and its number is in `IPSR`.
    fn enter(&mut self) -> u32 {
        let line = self.best().unwrap();
        self.pending[line] = false;
        self.active = Some(line);
        line as u32 + FIRST
    }

    /// The handler returns: a line that is high is pending again.
    fn leave(&mut self) {
        let line = self.active.take().unwrap();
        self.pending[line] |= self.high[line];
    }
}

impl Bus for Model {
    fn read32(&mut self, offset: usize) -> u32 {
        match offset {
            0x100..0x10c => {
                let first = (offset - 0x100) * 8;
                (0..32)
                    .filter(|bit| self.enabled[first + bit])
                    .map(|bit| 1 << bit)
                    .sum()
            }
            0xd04 => {
                let line = self.best().map(|line| line as u32 + FIRST);
                let timer = self.timer_pending.then_some(SYSTEM_TIMER);
                // Of one priority, the lower number is the more urgent.
                timer.or(line).unwrap_or(0) << 12 | u32::from(line.is_some()) << 22
            }
            _ => panic!("read at {offset:#x}"),
        }
    }

    fn write32(&mut self, offset: usize, value: u32) {
        let ones = |first: usize| {
            (0..32)
                .filter(move |bit| value >> bit & 1 == 1)
                .map(move |bit| first + bit)
        };
        match offset {
            0x100..0x10c => ones((offset - 0x100) * 8).for_each(|line| self.enabled[line] = true),
            0x180..0x18c => ones((offset - 0x180) * 8).for_each(|line| self.enabled[line] = false),
            0x280..0x28c => ones((offset - 0x280) * 8).for_each(|line| {
                let held = self.high[line] && self.active != Some(line);
                self.pending[line] &= held;
            }),
            0x400..0x460 => {
                self.priority[offset - 0x400..][..4].copy_from_slice(&value.to_ne_bytes())
            }
            _ => panic!("write at {offset:#x}"),
        }
    }
}

fn started() -> Nvic<Model> {
    let mut nvic = Nvic {
        registers: Model::new(),
        lines: LINES as u32,
    };
    nvic.start(0x80);
    nvic
}

fn is_pending(nvic: &mut Nvic<Model>) -> bool {
    pending(nvic.registers.read32(STATE)) != 0
}

#[test]
fn at_first_nothing_comes_through_and_all_have_the_priority() {
    let mut nvic = started();
    assert!(
        nvic.registers
            .priority
            .iter()
            .all(|priority| *priority == 0x80)
    );
    assert!(!is_pending(&mut nvic));
    for line in 0..LINES {
        nvic.registers.set(line, true);
    }
    assert!(!is_pending(&mut nvic));
    assert_eq!(nvic.take(0), None);
}

#[test]
fn a_line_is_taken_once_and_comes_again_when_it_is_let_through() {
    for line in [0, 31, 32, 95] {
        let mut nvic = started();
        nvic.unmask(line as u32);
        nvic.registers.set(line, true);
        let active = nvic.registers.enter();
        assert_eq!(nvic.take(active), Some(line as u32));
        assert_eq!(nvic.take(active), None, "it was taken");
        nvic.registers.leave();
        assert!(
            !is_pending(&mut nvic),
            "masked, though the device has not been served"
        );
        // The driver serves the device and unmasks the line: no old interrupt comes.
        nvic.registers.set(line, false);
        nvic.unmask(line as u32);
        assert!(!is_pending(&mut nvic));
        nvic.registers.set(line, true);
        assert!(is_pending(&mut nvic));
    }
}

#[test]
fn a_device_that_was_not_served_or_is_ready_again_interrupts_at_once() {
    for lowered in [false, true] {
        let mut nvic = started();
        nvic.unmask(7);
        nvic.registers.set(7, true);
        let active = nvic.registers.enter();
        assert_eq!(nvic.take(active), Some(7));
        nvic.registers.leave();
        if lowered {
            nvic.registers.set(7, false);
            nvic.registers.set(7, true);
        }
        nvic.unmask(7);
        assert!(is_pending(&mut nvic));
    }
}

#[test]
fn lines_that_wait_are_taken_besides_the_active_one_and_in_a_call() {
    let mut nvic = started();
    for line in [3, 40, 70] {
        nvic.unmask(line);
        nvic.registers.set(line as usize, true);
    }
    let active = nvic.registers.enter();
    assert_eq!(nvic.take(active), Some(3));
    assert_eq!(nvic.take(active), Some(40));
    nvic.registers.leave();
    // 11 is the number of a call.
    assert_eq!(nvic.take(11), Some(70));
    assert_eq!(nvic.take(11), None);
    assert!(!is_pending(&mut nvic));
}

#[test]
fn the_system_timer_is_pending_but_no_line() {
    let mut nvic = started();
    nvic.registers.timer_pending = true;
    assert!(is_pending(&mut nvic));
    assert_eq!(nvic.take(11), None);
    assert_eq!(nvic.take(SYSTEM_TIMER), None);
}

#[test]
fn a_masked_line_is_forgotten_and_one_that_is_not_there_does_nothing() {
    let mut nvic = started();
    nvic.unmask(5);
    nvic.registers.set(5, true);
    nvic.registers.set(5, false);
    nvic.mask(5);
    nvic.registers.write32(ENABLE, 1 << 5);
    assert!(!is_pending(&mut nvic));
    nvic.mask(LINES as u32);
    nvic.unmask(LINES as u32);
    nvic.unmask(u32::MAX);
    nvic.mask(u32::MAX);
}
