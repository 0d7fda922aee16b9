//! The timer against a model of its registers, which counts a tick for each look at it.

use super::*;
use std::cell::RefCell;
use std::rc::Rc;

#[derive(Default)]
struct Inside {
    control: u32,
    value: u32,
    reload: u32,
    interrupt: u32,
    /// Ticks that it has counted.
    counted: u64,
    stuck: bool,
    /// It was written while it ran.
    misused: bool,
}

impl Inside {
    fn tick(&mut self) {
        if self.control & ENABLE == 0 || self.value == 0 || self.stuck {
            return;
        }
        self.value -= 1;
        self.counted += 1;
        if self.value == 0 {
            if self.control & INTERRUPT_ENABLE != 0 {
                self.interrupt = 1;
            }
            self.value = self.reload;
        }
    }
}

#[derive(Clone, Default)]
struct Model(Rc<RefCell<Inside>>);

impl Model {
    fn run(&self, ticks: usize) {
        (0..ticks).for_each(|_| self.0.borrow_mut().tick());
    }

    fn interrupt(&self) -> bool {
        self.0.borrow().interrupt == 1
    }
}

impl Registers for Model {
    fn read(&self, register: Register) -> u32 {
        let mut inside = self.0.borrow_mut();
        match register {
            Register::Control => inside.control,
            Register::Value => {
                inside.tick();
                inside.value
            }
            Register::Reload => inside.reload,
            Register::Interrupt => inside.interrupt,
        }
    }

    fn write(&mut self, register: Register, value: u32) {
        let mut inside = self.0.borrow_mut();
        let runs = inside.control & ENABLE != 0;
        match register {
            Register::Control => inside.control = value,
            Register::Value => {
                inside.misused |= runs;
                inside.value = value;
            }
            Register::Reload => {
                inside.misused |= runs;
                (inside.reload, inside.value) = (value, value);
            }
            Register::Interrupt => inside.interrupt &= !value,
        }
    }
}

fn pair() -> (Model, CmsdkTimer<Model>) {
    let model = Model::default();
    // What firmware may have left.
    model.0.borrow_mut().control = ENABLE | INTERRUPT_ENABLE;
    model.0.borrow_mut().interrupt = 1;
    model.0.borrow_mut().reload = 7;
    let timer = CmsdkTimer::new(model.clone());
    (model, timer)
}

#[test]
fn an_alarm_comes_once_at_its_time() {
    let (model, mut timer) = pair();
    assert!(!model.interrupt());
    // 10 MHz, as tests have it: 25 ticks and a half, rounded up.
    assert_eq!(timer.arm(2_550), Ok(()));
    assert_eq!(timer.arm(1_000), Err(Error::Busy));
    model.run(25);
    assert!(!model.interrupt());
    assert!(!timer.expire(), "not yet");
    model.run(1);
    assert!(model.interrupt());
    assert!(timer.expire());
    assert!(!model.interrupt());
    model.run(1000);
    assert!(!model.interrupt());
    assert!(!timer.expire());
    assert_eq!(timer.arm(1_000), Ok(()));
    assert!(!model.0.borrow().misused);
}

#[test]
fn a_time_that_cannot_be_counted_is_refused() {
    let (model, mut timer) = pair();
    assert_eq!(timer.arm(0), Err(Error::Invalid));
    assert_eq!(timer.arm((1 << 32) * 100), Err(Error::Invalid));
    assert_eq!(timer.arm(u64::MAX), Err(Error::Invalid));
    assert_eq!(model.0.borrow().control, 0);
    assert_eq!(timer.arm(u64::from(u32::MAX) * 100), Ok(()));
}

#[test]
fn a_delay_takes_its_time_and_asks_for_no_interrupt() {
    let (model, mut timer) = pair();
    timer.delay_us(30);
    assert_eq!(model.0.borrow().counted, 300);
    timer.delay_ns(0);
    assert_eq!(model.0.borrow().counted, 300);
    timer.delay_ns(1);
    assert_eq!(model.0.borrow().counted, 301);
    assert!(!model.interrupt());
    assert_eq!(model.0.borrow().control, 0);
}

#[test]
fn a_timer_that_stands_still_does_not_hang_the_driver() {
    let (model, mut timer) = pair();
    model.0.borrow_mut().stuck = true;
    timer.delay_us(30);
    assert_eq!(model.0.borrow().control, 0);
}
