//! A device that is not there.

use driver_aux_parent::ParentDriver;
use driver_testing::{Offer, Outcome};
use leasehold_abi::GrantKind;

#[test]
fn a_function_of_ones_is_refused_and_the_lease_given_back() {
    let refused = Outcome {
        bound: 0,
        released: true,
    };
    let offer = Offer::new("pci", 0x1b36_0005, 0)
        .with_ones("config", GrantKind::Config, 4096)
        .with_ones("bar0", GrantKind::Mmio, 4096);
    assert_eq!(offer.to(&ParentDriver), refused);
}
