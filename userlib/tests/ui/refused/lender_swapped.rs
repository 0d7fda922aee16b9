//! A payload that is lent while another is cannot get at where the other goes: its parts would be
//! places of another region.
use core::cell::RefCell;
use userlib::Error;
use userlib::auxiliary::{Lendable, Lender, Receiver};

struct Outer<'p> {
    other: RefCell<Option<Lender<'p>>>,
}

impl<'a, 'p> Lendable<'a> for Outer<'p> {
    type Offer = Self;

    fn lend(offer: &Self, to: &mut Lender<'_>) -> Result<(), Error> {
        if let Some(other) = offer.other.borrow_mut().as_mut() {
            core::mem::swap(other, to);
        }
        Ok(())
    }

    fn receive(_: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        Err(Error::Protocol)
    }
}

fn main() {}
