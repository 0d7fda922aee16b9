//! A device that is not there.

use driver_edu::EduDriver;
use driver_edu::registers::BAR_SIZE;
use driver_testing::{Offer, Outcome};
use leasehold_abi::GrantKind;
use userlib::runtime::AsyncDriver;

const REQUESTS: usize = EduDriver::REQUESTS;

#[test]
fn a_window_of_ones_is_refused_and_the_lease_given_back() {
    let refused = Outcome {
        bound: 0,
        released: true,
    };
    let offer = Offer::new("pci", 0x1234_11e8, 0);
    let offer = offer.with_ones("bar0", GrantKind::Mmio, BAR_SIZE);
    assert_eq!(offer.to_async::<_, REQUESTS>(&EduDriver), refused);
}

#[test]
fn a_lease_without_the_window_is_given_back() {
    let refused = Outcome {
        bound: 0,
        released: true,
    };
    assert_eq!(
        Offer::new("pci", 0x1234_11e8, 0).to_async::<_, REQUESTS>(&EduDriver),
        refused
    );
    let small = Offer::new("pci", 0x1234_11e8, 0).with_ones("bar0", GrantKind::Mmio, 4096);
    assert_eq!(small.to_async::<_, REQUESTS>(&EduDriver), refused);
}
