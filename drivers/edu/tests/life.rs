//! The driver against a model of the device: interrupts, DMA, time, and a device that is wrong or goes.

use driver_edu::EduDriver;
use driver_edu::registers::BAR_SIZE;
use driver_interfaces::EduClient;
use driver_testing::{Call, DeviceModel, Memory, Offer, Stage};
use std::cell::RefCell;
use std::rc::Rc;
use userlib::Error;
use userlib::runtime::AsyncDriver;

/// The device (QEMU documentation, *EDU device*): it does what it is told when the test says so.
struct Model {
    /// What the driver has for what goes out and for what comes back.
    pools: [Memory; 2],
    liveness: u32,
    factorial: u32,
    computing: bool,
    cause: u32,
    /// Source, destination and count of a transfer, and the command.
    transfer: [u64; 4],
    buffer: Vec<u8>,
}

const BUFFER: u64 = 0x4_0000;

impl Model {
    /// Ends the computation with this result.
    fn computed(&mut self, result: u32) {
        (self.factorial, self.computing, self.cause) = (result, false, 1);
    }

    /// Does the transfer that was started; `lost` bytes of it do not arrive.
    fn transferred(&mut self, lost: usize) {
        let [source, destination, count, command] = self.transfer;
        assert_eq!(command & 1, 1, "a transfer was started");
        for at in 0..count as usize - lost {
            if command & 2 == 0 {
                let place = (destination - BUFFER) as usize + at;
                [self.buffer[place]] = self.pools[0].read(source + at as u64);
            } else {
                let byte = self.buffer[(source - BUFFER) as usize + at];
                self.pools[1].write(destination + at as u64, &[byte]);
            }
        }
        self.transfer[3] = 0;
        self.cause = 0x100;
    }
}

impl DeviceModel for Model {
    fn load(&mut self, offset: usize, _: usize) -> u64 {
        match offset {
            0x00 => 0x0100_00ed,
            0x04 => u64::from(!self.liveness),
            0x08 => u64::from(self.factorial),
            0x20 => u64::from(self.computing),
            0x24 => u64::from(self.cause),
            0x98 => self.transfer[3],
            _ => panic!("no register to load at {offset:#x}"),
        }
    }

    fn store(&mut self, offset: usize, _: usize, value: u64) {
        match offset {
            0x04 => self.liveness = value as u32,
            0x08 => (self.factorial, self.computing) = (value as u32, true),
            0x20 => {}
            0x64 => self.cause &= !(value as u32),
            0x80 => self.transfer[0] = value,
            0x88 => self.transfer[1] = value,
            0x90 => self.transfer[2] = value,
            0x98 => self.transfer[3] = value,
            _ => panic!("no register to store at {offset:#x}"),
        }
    }
}

/// Runs a test with the device.
fn with(test: impl FnOnce(&mut Stage<'_>, &RefCell<Model>)) {
    let pools = [Memory::new(4096), Memory::new(4096)];
    let model = Rc::new(RefCell::new(Model {
        pools: pools.clone(),
        liveness: 0,
        factorial: 0,
        computing: false,
        cause: 0,
        transfer: [0; 4],
        buffer: vec![0; 4096],
    }));
    Offer::new("pci", 0x1234_11e8, 0)
        .with_device("bar0", model.clone(), BAR_SIZE)
        .with_line("intx")
        .with_pool(&pools[0])
        .with_pool(&pools[1])
        .play::<_, { EduDriver::REQUESTS }>(&EduDriver, |stage| {
            assert_eq!(
                (stage.bound(), stage.log().len()),
                (1, 1),
                "{:?}",
                stage.log()
            );
            test(stage, &model);
        });
}

type Answer = Result<u32, Error>;

fn factorial(stage: &mut Stage<'_>, number: u32) -> Call<Answer> {
    stage.begin(move |peer| EduClient::of(peer).factorial(number))
}

fn transfer(stage: &mut Stage<'_>, count: u32) -> Call<Answer> {
    stage.begin(move |peer| EduClient::of(peer).transfer(count))
}

#[test]
fn one_request_after_the_other_has_the_device() {
    with(|stage, model| {
        let calls = [factorial(stage, 5), factorial(stage, 6)];
        assert_eq!(model.borrow().factorial, 5);
        model.borrow_mut().computed(120);
        stage.interrupt("intx");
        assert_eq!(
            calls.each_ref().map(|call| stage.answer(call)),
            [Some(Ok(120)), None]
        );
        assert_eq!(model.borrow().factorial, 6);
        model.borrow_mut().computed(720);
        stage.interrupt("intx");
        assert_eq!(stage.answer(&calls[1]), Some(Ok(720)));
        assert!(!stage.is_masked("intx"));
    });
}

#[test]
fn an_interrupt_for_another_cause_and_one_that_is_late_end_nothing() {
    with(|stage, model| {
        let call = factorial(stage, 5);
        model.borrow_mut().cause = 0x100;
        stage.interrupt("intx");
        assert_eq!(stage.answer(&call), None);
        stage.pass(10_000);
        assert_eq!(stage.answer(&call), Some(Err(Error::TimedOut)));
        assert_eq!(factorial_of_busy(stage), Some(Err(Error::Busy)));
        // The interrupt of the first operation must not end the next one.
        model.borrow_mut().computed(120);
        stage.interrupt("intx");
        let next = factorial(stage, 6);
        assert_eq!(stage.answer(&next), None);
        model.borrow_mut().computed(720);
        stage.interrupt("intx");
        assert_eq!(stage.answer(&next), Some(Ok(720)));
    });
}

/// While the device computes.
fn factorial_of_busy(stage: &mut Stage<'_>) -> Option<Answer> {
    let call = factorial(stage, 7);
    stage.answer(&call)
}

#[test]
fn bytes_go_to_the_device_and_come_back_and_a_lost_one_is_noticed() {
    for (lost, outcome) in [(0, Ok(30)), (1, Err(Error::Protocol))] {
        with(|stage, model| {
            let call = transfer(stage, 4095);
            stage.pass(10);
            model.borrow_mut().transferred(0);
            stage.interrupt("intx");
            stage.pass(20);
            model.borrow_mut().transferred(lost);
            stage.interrupt("intx");
            assert_eq!(stage.answer(&call), Some(outcome));
        });
    }
}

#[test]
fn a_device_that_goes_ends_what_goes_on() {
    with(|stage, _| {
        let call = factorial(stage, 5);
        stage.vanish();
        stage.interrupt("intx");
        assert_eq!(stage.answer(&call), Some(Err(Error::NoDevice)));
    });
    with(|stage, _| {
        let calls = [factorial(stage, 5), transfer(stage, 8)];
        stage.revoke();
        for call in calls {
            assert_eq!(stage.answer(&call), Some(Err(Error::Unbound)));
        }
        assert!(stage.is_released());
    });
}
