//! Copies by the controller of the board's model.

use super::*;
use driver_testing::{DeviceModel, Offer};
use std::cell::RefCell;
use std::rc::Rc;
use th1520_model::devices::dmac::Dmac;
use th1520_model::memory::Memory;

const FROM: u64 = 0x1000;
const TO: u64 = 0x2000;

/// The model behind a window. What it refuses fails the test.
struct Model {
    dmac: Dmac,
    memory: Memory,
    /// In nanoseconds: an access takes a microsecond.
    now: u64,
    /// Nothing that is begun ever ends.
    stuck: bool,
}

impl Model {
    fn pass(&mut self) {
        self.now += 1_000;
        if !self.stuck {
            self.dmac.advance(self.now, &mut self.memory);
        }
    }
}

impl DeviceModel for Model {
    fn load(&mut self, offset: usize, width: usize) -> u64 {
        assert_eq!(width, 4);
        self.pass();
        self.dmac.read(offset as u64).expect("a register").into()
    }

    fn store(&mut self, offset: usize, width: usize, value: u64) {
        assert_eq!(width, 4);
        self.pass();
        let broken = self.dmac.write(offset as u64, value as u32, self.now);
        assert_eq!(broken, None, "a store of {value:#x} to {offset:#x}");
    }
}

type Shared = Rc<RefCell<Model>>;

/// Runs `body` with a controller and what is behind it.
fn on(body: impl FnOnce(Controller<'_>, &Shared) + 'static) {
    let mut memory = Memory::new(0, 0x1_0000, false);
    memory.place(FROM, &[7; 4096]).unwrap();
    let model = Rc::new(RefCell::new(Model {
        dmac: Dmac::default(),
        memory,
        now: 0,
        stuck: false,
    }));
    let offer = Offer::new("dmac0", 0, 0).with_device("registers", model.clone(), WINDOW);
    let done = offer.bind(move |device| {
        body(Controller::new(&*device.io_mem::<WINDOW>(0)?), &model);
        Ok(())
    });
    assert_eq!(done, Ok(()));
}

#[test]
fn one_copy_after_the_other_arrives() {
    on(|controller, model| {
        for count in [1, 64, 4095] {
            model.borrow_mut().memory.place(TO, &[0; 4096]).unwrap();
            assert_eq!(controller.copy(FROM, TO, count), Ok(()));
            let copied = model.borrow_mut().memory.dma_read(TO, 4096).unwrap();
            assert!(copied[..count].iter().all(|byte| *byte == 7), "{count}");
            assert!(copied[count..].iter().all(|byte| *byte == 0), "{count}");
        }
    });
}

#[test]
fn an_address_that_is_wrong_is_told_and_the_next_copy_works() {
    on(|controller, _| {
        for (from, to) in [(1 << 32, TO), (FROM, 1 << 32)] {
            let wrong = controller.copy(from, to, 8);
            assert_eq!(wrong, Err(Failure::Over(Error::BadAddress)));
        }
        assert_eq!(controller.copy(FROM, TO, 8), Ok(()));
    });
}

#[test]
fn a_copy_that_does_not_end_is_given_up() {
    on(|controller, model| {
        model.borrow_mut().stuck = true;
        let stopped = controller.copy(FROM, TO, 8);
        assert_eq!(stopped, Err(Failure::Over(Error::TimedOut)));
        model.borrow_mut().stuck = false;
        assert_eq!(controller.copy(FROM, TO, 8), Ok(()));
    });
}

/// Nothing answers.
struct Absent;

impl DeviceModel for Absent {
    fn load(&mut self, _: usize, _: usize) -> u64 {
        u32::MAX.into()
    }

    fn store(&mut self, _: usize, _: usize, _: u64) {}
}

#[test]
fn who_does_not_answer_is_no_controller() {
    let absent = Rc::new(RefCell::new(Absent));
    let offer = Offer::new("dmac0", 0, 0).with_device("registers", absent, WINDOW);
    let tried =
        offer.bind(|device| Ok(Controller::new(&*device.io_mem::<WINDOW>(0)?).copy(0, 8, 8)));
    assert_eq!(tried, Ok(Err(Failure::Over(Error::NoDevice))));
}
