//! Transfers on the controller of the board's model, with its expander.

use super::*;
use crate::Polled;
use crate::registers::{Command, Enable, WINDOW};
use driver_testing::{DeviceModel, Offer};
use embedded_hal::i2c::I2c as _;
use std::cell::RefCell;
use std::rc::Rc;
use th1520_model::devices::i2c::{Expander, I2c};

/// The controller of the board's model behind a window. What it refuses fails the test.
struct Model {
    i2c: I2c,
    /// In nanoseconds: an access takes a microsecond.
    now: u64,
}

impl DeviceModel for Model {
    fn load(&mut self, offset: usize, width: usize) -> u64 {
        assert_eq!(width, 4);
        self.now += 1_000;
        let value = self.i2c.read(offset as u64, self.now);
        value.expect("a register").into()
    }

    fn store(&mut self, offset: usize, width: usize, value: u64) {
        assert_eq!(width, 4);
        self.now += 1_000;
        let broken = self.i2c.write(offset as u64, value as u32, self.now);
        assert_eq!(broken, None, "a store of {value:#x} to {offset:#x}");
    }
}

type Shared = Rc<RefCell<Model>>;
type Tried<'p, 'cap> = Controller<Polled<'p, 'cap>>;

/// Runs `body` with a controller, the expander at 0x18.
fn on(body: impl FnOnce(&mut Tried<'_, '_>, &Shared) + 'static) {
    let i2c = I2c::new(Some(Expander::new(0x18)));
    let model = Rc::new(RefCell::new(Model { i2c, now: 0 }));
    let offer = Offer::new("i2c3", 0, 0).with_device("registers", model.clone(), WINDOW);
    let done = offer.bind(move |device| {
        let window = device.io_mem::<WINDOW>(0)?;
        let mut controller = Controller::new(Polled(&window), 50_000_000)?;
        body(&mut controller, &model);
        Ok(())
    });
    assert_eq!(done, Ok(()));
}

/// The output register, by a transfer.
fn outputs(controller: &mut Tried<'_, '_>) -> Result<u8, I2cError> {
    let mut byte = [0];
    controller.write_read(0x18, &[1], &mut byte)?;
    Ok(byte[0])
}

/// What registers at these offsets have: of the model, not through the names that are tested.
fn read<const COUNT: usize>(model: &Shared, offsets: [u64; COUNT]) -> [u32; COUNT] {
    let mut model = model.borrow_mut();
    let now = model.now;
    offsets.map(|offset| model.i2c.read(offset, now).unwrap())
}

/// The controller is off, and nobody holds the bus.
fn is_free(model: &Shared) -> bool {
    let [enable_status, status] = read(model, [0x9c, 0x70]);
    enable_status == 0 && status >> 5 & 1 == 0
}

#[test]
fn bytes_arrive_in_order_with_one_stop() {
    on(|controller, model| {
        assert_eq!(controller.write(0x18, &[3, 0x0f]), Ok(()));
        assert!(is_free(model));
        // Adjacent operations of one kind are one, and empty ones none.
        let mut operations = [
            Operation::Write(&[1]),
            Operation::Write(&[]),
            Operation::Write(&[0xa0]),
        ];
        assert_eq!(controller.transaction(0x18, &mut operations), Ok(()));
        let expander = model.borrow().i2c.expander.clone().unwrap();
        assert_eq!(expander.driven(), (0xf0, 0xa0));
        assert_eq!(outputs(controller), Ok(0xa0));
        assert!(is_free(model));
    });
}

#[test]
fn more_bytes_than_the_fifos_hold_arrive() {
    on(|controller, _| {
        let mut bytes = [1; 40];
        bytes[39] = 0x5a;
        assert_eq!(controller.write(0x18, &bytes), Ok(()));
        let mut read = [0; 40];
        assert_eq!(controller.read(0x18, &mut read), Ok(()));
        assert_eq!(read, [0x5a; 40]);
    });
}

#[test]
fn who_does_not_answer_is_told_and_the_next_transfer_works() {
    on(|controller, model| {
        let absent = controller.write(0x20, &[1, 2, 3]);
        assert_eq!(absent, Err(I2cError::NoAddress));
        assert!(is_free(model));
        assert_eq!(outputs(controller), Ok(0));
        model.borrow_mut().i2c.refuse_next(1 << 3);
        assert_eq!(controller.write(0x18, &[1, 2]), Err(I2cError::NoData));
        model.borrow_mut().i2c.refuse_next(1 << 12);
        let lost = controller.write(0x18, &[1, 2]);
        assert_eq!(lost, Err(I2cError::Arbitration));
        assert!(is_free(model));
        assert_eq!(controller.write(0x18, &[1, 7]), Ok(()));
        assert_eq!(outputs(controller), Ok(7));
    });
}

#[test]
fn a_stuck_bus_is_told_and_works_again_when_it_is_let_go() {
    on(|controller, model| {
        model.borrow_mut().i2c.set_stuck(true);
        assert_eq!(controller.write(0x18, &[1, 9]), Err(I2cError::Stuck));
        assert_eq!(controller.write(0x18, &[1, 9]), Err(I2cError::Stuck));
        model.borrow_mut().i2c.set_stuck(false);
        assert_eq!(controller.write(0x18, &[1, 7]), Ok(()));
        assert_eq!(outputs(controller), Ok(7));
        assert!(is_free(model));
    });
}

#[test]
fn a_controller_that_clears_the_bus_is_asked_to() {
    on(|controller, model| {
        model.borrow_mut().i2c.clears_bus = true;
        model.borrow_mut().i2c.set_stuck(true);
        let first = controller.write(0x18, &[1, 9]);
        assert_eq!(first, Err(I2cError::System(Error::TimedOut)), "recovered");
        assert_eq!(controller.write(0x18, &[1, 7]), Ok(()));
        assert_eq!(outputs(controller), Ok(7));
    });
}

/// A transfer that its client gave up, after a byte of it: the bus is held then.
#[test]
fn a_transfer_that_was_given_up_does_not_end_the_next_one() {
    on(|controller, model| {
        let begun = controller.bus.registers(|registers| {
            registers.set_up(0x18, 50_000_000)?;
            registers.enable().try_write(Enable::ON::SET)?;
            registers.command().try_write(Command::BYTE.val(1))
        });
        assert_eq!(begun, Ok(()));
        model.borrow_mut().now += 1_000_000;
        assert!(!is_free(model));
        assert_eq!(controller.write(0x18, &[1, 7]), Ok(()));
        assert_eq!(outputs(controller), Ok(7));
    });
}

#[test]
fn what_is_no_transfer_is_refused_untouched() {
    on(|controller, model| {
        let now = model.borrow().now;
        assert_eq!(controller.write(0x18, &[]), Err(I2cError::Impossible));
        assert_eq!(controller.write(0x80, &[1]), Err(I2cError::Impossible));
        assert_eq!(model.borrow().now, now);
    });
}

#[test]
fn the_clock_of_the_bus_is_100_khz_at_most() {
    for rate in [24_000_000, 50_000_000, 62_500_000] {
        on(move |controller, model| {
            controller.rate = rate;
            controller.write(0x18, &[1, 7]).unwrap();
            let [high, low] = read(model, [0x14, 0x18]);
            let hertz = rate / (high + low);
            assert!((99_000..=101_000).contains(&hertz), "{hertz} Hz of {rate}");
        });
    }
}
