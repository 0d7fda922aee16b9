//! A device that is not there.

use driver_testing::{Offer, Outcome};
use driver_th1520_sensors::SensorsDriver;
use leasehold_abi::GrantKind;

#[test]
fn a_block_of_ones_is_refused_and_the_lease_given_back() {
    let refused = Outcome {
        bound: 0,
        released: true,
    };
    let offer = Offer::new("pvt", 0, 0).with_ones("registers", GrantKind::Mmio, 4096);
    assert_eq!(offer.to(&SensorsDriver), refused);
}
