//! A device that is not there.

use driver_fpgaio::BoardDriver;
use driver_fpgaio::registers::{WINDOW, answers};
use driver_testing::{Offer, Outcome};
use leasehold_abi::{Error, GrantKind};
use userlib::ForLt;
use userlib::runtime::{Core, Device, Driver};

/// Asks only whether the block answers.
struct Asks;

impl Driver for Asks {
    type State = ForLt!(());

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<(), Error> {
        // Plain memory keeps every bit, as no block with two LEDs does.
        assert!(!answers(&*device.io_mem::<WINDOW>(0)?));
        Ok(())
    }
}

#[test]
fn what_keeps_more_than_the_leds_is_not_the_block() {
    let memory = Offer::new("fpgaio", 0, 0).with_ones("registers", GrantKind::Mmio, 4096);
    assert_eq!(memory.to(&Asks).bound, 1);
}

#[test]
fn what_is_not_the_block_is_refused_and_the_lease_given_back() {
    let refused = Outcome {
        bound: 0,
        released: true,
    };
    let offer = Offer::new("fpgaio", 0, 0).with_ones("registers", GrantKind::Mmio, 4096);
    assert_eq!(offer.to(&BoardDriver), refused);
    assert_eq!(Offer::new("fpgaio", 0, 0).to(&BoardDriver), refused);
}
