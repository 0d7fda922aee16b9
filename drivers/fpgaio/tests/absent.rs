//! A device that is not there.

use driver_fpgaio::BoardDriver;
use driver_testing::{Offer, Outcome};
use leasehold_abi::GrantKind;

/// Plain memory keeps every bit, as no block with two LEDs does.
#[test]
fn what_keeps_more_than_the_leds_is_refused_and_the_lease_given_back() {
    let refused = Outcome {
        bound: 0,
        released: true,
    };
    let offer = Offer::new("fpgaio", 0, 0).with_ones("registers", GrantKind::Mmio, 4096);
    assert_eq!(offer.to(&BoardDriver), refused);
    assert_eq!(Offer::new("fpgaio", 0, 0).to(&BoardDriver), refused);
}
