//! The timer against a model of its registers, which counts a tick for each read of the counter.

use super::*;
use driver_testing::{DeviceModel, Offer};
use std::cell::RefCell;
use std::rc::Rc;

#[derive(Default)]
struct Model {
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

impl Model {
    fn tick(&mut self) {
        if !Control::ENABLE.is_set(self.control) || self.value == 0 || self.stuck {
            return;
        }
        self.value -= 1;
        self.counted += 1;
        if self.value == 0 {
            if Control::INTERRUPT_ENABLE.is_set(self.control) {
                self.interrupt = 1;
            }
            self.value = self.reload;
        }
    }

    fn run(&mut self, ticks: usize) {
        (0..ticks).for_each(|_| self.tick());
    }

    fn interrupt(&self) -> bool {
        self.interrupt == 1
    }
}

impl DeviceModel for Model {
    fn load(&mut self, offset: usize, width: usize) -> u64 {
        assert_eq!(width, 4, "registers are words");
        u64::from(match offset {
            0x0 => self.control,
            0x4 => {
                self.tick();
                self.value
            }
            0x8 => self.reload,
            0xc => self.interrupt,
            _ => panic!("no register at {offset:#x}"),
        })
    }

    fn store(&mut self, offset: usize, width: usize, value: u64) {
        assert_eq!(width, 4, "registers are words");
        let value = value as u32;
        let runs = Control::ENABLE.is_set(self.control);
        match offset {
            0x0 => self.control = value,
            0x4 => {
                self.misused |= runs;
                self.value = value;
            }
            0x8 => {
                self.misused |= runs;
                (self.reload, self.value) = (value, value);
            }
            0xc => self.interrupt &= !value,
            _ => panic!("no register at {offset:#x}"),
        }
    }
}

/// Takes a timer over from firmware that has left it running, and lets `body` use it and its model.
fn with(body: impl for<'cap> FnOnce(&Rc<RefCell<Model>>, &mut CmsdkTimer<'cap>) + 'static) {
    let model = Rc::new(RefCell::new(Model {
        control: (Control::ENABLE::SET + Control::INTERRUPT_ENABLE::SET).value,
        interrupt: 1,
        reload: 7,
        ..Model::default()
    }));
    let offer = Offer::new("timer1", 0, 0).with_device("registers", model.clone(), WINDOW);
    let done = offer.bind(move |device| {
        let mut timer = CmsdkTimer::new(device.exclusive_io_mem(0)?);
        body(&model, &mut timer);
        Ok(())
    });
    assert_eq!(done, Ok(()));
}

#[test]
fn an_alarm_comes_once_at_its_time() {
    with(|model, timer| {
        assert!(!model.borrow().interrupt());
        // 10 MHz, as tests have it: 25 ticks and a half, rounded up.
        assert_eq!(timer.arm(2_550), Ok(()));
        assert_eq!(timer.arm(1_000), Err(Error::Busy));
        model.borrow_mut().run(25);
        assert!(!model.borrow().interrupt());
        assert!(!timer.expire(), "not yet");
        model.borrow_mut().run(1);
        assert!(model.borrow().interrupt());
        assert!(timer.expire());
        assert!(!model.borrow().interrupt());
        model.borrow_mut().run(1000);
        assert!(!model.borrow().interrupt());
        assert!(!timer.expire());
        assert_eq!(timer.arm(1_000), Ok(()));
        assert!(!model.borrow().misused);
    });
}

#[test]
fn a_time_that_cannot_be_counted_is_refused() {
    with(|model, timer| {
        assert_eq!(timer.arm(0), Err(Error::Invalid));
        assert_eq!(timer.arm((1 << 32) * 100), Err(Error::Invalid));
        assert_eq!(timer.arm(u64::MAX), Err(Error::Invalid));
        assert_eq!(model.borrow().control, 0);
        assert_eq!(timer.arm(u64::from(u32::MAX) * 100), Ok(()));
    });
}

#[test]
fn a_delay_takes_its_time_and_asks_for_no_interrupt() {
    with(|model, timer| {
        timer.delay_us(30);
        assert_eq!(model.borrow().counted, 300);
        timer.delay_ns(0);
        assert_eq!(model.borrow().counted, 300);
        timer.delay_ns(1);
        assert_eq!(model.borrow().counted, 301);
        assert!(!model.borrow().interrupt());
        assert_eq!(model.borrow().control, 0);
    });
}

#[test]
fn a_timer_that_stands_still_does_not_hang_the_driver() {
    with(|model, timer| {
        model.borrow_mut().stuck = true;
        timer.delay_us(30);
        assert_eq!(model.borrow().control, 0);
    });
}
