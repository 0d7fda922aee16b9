//! What a payload is taken from belongs to one device: it cannot be kept, nor swapped for another's.
use core::cell::RefCell;
use userlib::Error;
use userlib::auxiliary::{Lendable, Lender, Lent, Receiver};

std::thread_local! {
    static KEPT: RefCell<Option<Lent<'static, u32>>> = const { RefCell::new(None) };
}

struct Part<'a>(Lent<'a, u32>);

impl<'a> Lendable<'a> for Part<'a> {
    type Offer = Self;

    fn lend(offer: &Self, to: &mut Lender<'_>) -> Result<(), Error> {
        Lent::lend(&offer.0, to)
    }

    fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        let part = Lent::receive(from)?;
        KEPT.set(Some(part));
        Ok(Self(part))
    }
}

fn swap<'a, 'b>(one: &mut Receiver<'_, 'a>, other: &mut Receiver<'_, 'b>) {
    core::mem::swap(one, other);
}

fn main() {}
