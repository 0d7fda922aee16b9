//! Samples of the sensor of the board's model: a client waits for each, and in vain for one that does not come.

use driver_interfaces::ThermometerClient;
use driver_pvt::PvtDriver;
use driver_testing::{DeviceModel, Offer, Stage};
use std::cell::RefCell;
use std::rc::Rc;
use th1520_model::devices::pvt::Pvt;
use userlib::Error;
use userlib::ipc::Peer;
use userlib::runtime::AsyncDriver;

/// The sensor, and its own time in nanoseconds.
#[derive(Default)]
struct Model {
    sensor: Pvt,
    now: u64,
}

impl DeviceModel for Model {
    fn load(&mut self, offset: usize, width: usize) -> u64 {
        assert_eq!(width, 4);
        let value = self.sensor.read(offset as u64, self.now);
        value.expect("a register").into()
    }

    fn store(&mut self, offset: usize, width: usize, value: u64) {
        assert_eq!(width, 4);
        let stored = self.sensor.write(offset as u64, value as u32, self.now);
        stored.expect("a register");
    }
}

/// What the sensor needs for a sample, in nanoseconds.
const SAMPLE: u64 = 1_000_000;

fn on(test: impl FnOnce(&mut Stage<'_>, &RefCell<Model>)) {
    let model = Rc::new(RefCell::new(Model::default()));
    let offer = Offer::new("pvt", 0, 0).with_device("registers", model.clone(), 4096);
    offer.play::<_, { PvtDriver::REQUESTS }>(&PvtDriver, |stage| {
        assert_eq!(stage.bound(), 1, "{:?}", stage.log());
        test(stage, &model);
    });
}

fn ask(peer: Peer) -> Result<i32, Error> {
    ThermometerClient::of(peer).temperature()
}

#[test]
fn a_client_waits_for_the_sample_and_gets_none_that_is_old() {
    on(|stage, model| {
        for degrees in [61_000, -12_000, 104_500] {
            model.borrow_mut().sensor.set_temperature(degrees);
            let call = stage.begin(ask);
            stage.pass(5);
            assert_eq!(stage.answer(&call), None);
            model.borrow_mut().now += SAMPLE;
            stage.pass(1);
            let told = stage.answer(&call).expect("a sample").expect("no error");
            assert!(i64::from(told).abs_diff(degrees) < 100, "{told}");
        }
    });
}

#[test]
fn a_sensor_that_gives_no_sample_is_told() {
    on(|stage, _| {
        let call = stage.begin(ask);
        stage.pass(19);
        assert_eq!(stage.answer(&call), None);
        stage.pass(1);
        assert_eq!(stage.answer(&call), Some(Err(Error::TimedOut)));
    });
}
