//! A device that is not there.

use driver_rtc::RtcDriver;
use driver_testing::{Offer, Outcome};
use leasehold_abi::GrantKind;

#[test]
fn a_clock_of_ones_is_refused_and_the_lease_given_back() {
    let refused = Outcome {
        bound: 0,
        released: true,
    };
    let offer = Offer::new("rtc", 0, 0).with_ones("registers", GrantKind::Mmio, 4096);
    assert_eq!(offer.to(&RtcDriver), refused);
}

#[test]
fn a_clock_that_answers_is_bound() {
    let offer = Offer::new("rtc", 0, 0);
    let offer = offer.with_bytes("registers", GrantKind::Mmio, &[7; 8], 4096);
    let bound = Outcome {
        bound: 1,
        released: false,
    };
    assert_eq!(offer.to(&RtcDriver), bound);
}
