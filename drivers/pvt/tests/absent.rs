//! A controller that is not there, one without a sensor, and the stores that start one.

use driver_pvt::PvtDriver;
use driver_testing::{DeviceModel, Offer, Outcome};
use std::cell::RefCell;
use std::rc::Rc;
use userlib::sys::GrantKind;

const REFUSED: Outcome = Outcome {
    bound: 0,
    released: true,
};

/// Serves two requests at once, as the driver says.
fn offered(offer: Offer) -> Outcome {
    offer.to_async::<PvtDriver, 2>(&PvtDriver)
}

#[test]
fn a_controller_of_ones_or_without_a_sensor_is_refused() {
    let of = || Offer::new("pvt", 0, 0);
    assert_eq!(
        offered(of().with_ones("registers", GrantKind::Mmio, 4096)),
        REFUSED
    );
    let none = of().with_bytes("registers", GrantKind::Mmio, &[0; 8], 4096);
    assert_eq!(offered(none), REFUSED);
}

/// A controller with a sensor, which keeps the stores.
#[derive(Default)]
struct Controller(Vec<(usize, u64)>);

impl DeviceModel for Controller {
    fn load(&mut self, offset: usize, width: usize) -> u64 {
        assert_eq!(width, 4);
        u64::from(offset == 4)
    }

    fn store(&mut self, offset: usize, width: usize, value: u64) {
        assert_eq!(width, 4);
        self.0.push((offset, value));
    }
}

#[test]
fn the_sensor_has_its_clock_before_it_is_told_to_run() {
    let model = Rc::new(RefCell::new(Controller::default()));
    let offer = Offer::new("pvt", 0, 0).with_device("registers", model.clone(), 4096);
    let bound = offered(offer).bound;
    assert_eq!(bound, 1);
    // Linux drivers/hwmon/mr75203.c, `pvt_init`.
    let stores = [
        (0xa0, 0),
        (0x90, 0),
        (0x80, 0x0105_0505),
        (0x84, 0),
        (0x8c, 0x8900_0001),
        (0x8c, 0x8d00_0100),
        (0x8c, 0x8800_010a),
    ];
    assert_eq!(model.borrow().0, stores);
}
