//! Payloads whose `lend`, which is a driver's code, registers other devices meanwhile.

use super::*;
use crate::ForLt;
use crate::runtime::{Bound, Device};
use crate::sys::Error;
use crate::testing::Board;
use core::cell::RefCell;
use std::vec;
use std::vec::Vec;

/// What it registers.
type Number<'a> = Registration<'a, ForLt!(u32)>;

type GreedyLt = ForLt!(self::Greedy<'_>);
/// A payload whose `lend`, a driver's code, takes regions of its own and then those given.
struct Greedy<'a> {
    device: Device<'a, Bound>,
    regions: Vec<LendRegion<'a>>,
    others: RefCell<Vec<Number<'a>>>,
}
impl<'a> Lendable<'a> for Greedy<'a> {
    type Offer = Self;
    fn lend(offer: &Self, _: &mut Lender<'_>) -> Result<(), Error> {
        for region in &offer.regions {
            let other = Registration::new(&offer.device, region, "other", 0, 1)?;
            offer.others.borrow_mut().push(other);
        }
        Ok(())
    }
    fn receive(_: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        Err(Error::Protocol)
    }
}

#[test]
fn a_payload_may_register_others_while_it_is_lent_itself() {
    Board::run(|board| {
        let offered = || {
            let state = board.0.borrow();
            state.leases.iter().filter(|(_, lease)| lease.lent).count()
        };
        let parent = board.bind(0, "parent", vec![]);
        let own = parent.lend_region(0, 0).unwrap();
        let regions: Vec<_> = (0..3).map(|_| parent.lend_region(0, 0).unwrap()).collect();
        let greedy = Greedy {
            device: parent.bound(),
            regions,
            others: Default::default(),
        };
        let registration = Registration::<GreedyLt>::new(&parent, &own, "greedy", 0, greedy);
        let registration = registration.unwrap();
        assert_eq!(offered(), 4, "the table is full, and none was lost");
        drop(registration);
        assert_eq!(offered(), 0, "each ended");
        // In the region that it is lent in itself: the inner one has it, and goes with the payload.
        let again = parent.lend_region(0, 0);
        assert_eq!(
            again.err(),
            Some(Error::Exhausted),
            "regions are the binding's"
        );
        board.unbind(&parent);
        let parent = board.bind(0, "parent", vec![]);
        let own = parent.lend_region(0, 0).unwrap();
        let greedy = Greedy {
            device: parent.bound(),
            regions: vec![parent.lend_region(0, 0).unwrap()],
            others: Default::default(),
        };
        greedy
            .others
            .borrow_mut()
            .push(Registration::new(&parent, &own, "other", 0, 1).unwrap());
        let refused = Registration::<GreedyLt>::new(&parent, &own, "greedy", 0, greedy);
        assert_eq!(refused.err(), Some(Error::Busy));
        assert_eq!(
            offered(),
            0,
            "the refused payload was dropped, with what it had registered"
        );
        board.unbind(&parent);
    });
}
