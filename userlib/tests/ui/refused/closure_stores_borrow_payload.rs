//! The same, with the payload of an auxiliary device.
use core::cell::Cell;
use userlib::auxiliary::{Lendable, Lender, Lent, Receiver};
use userlib::runtime::{Bound, Device};
use userlib::{Error, ForLt};

struct Queue<'a> {
    number: Lent<'a, u32>,
    kept: Cell<Option<&'a Lent<'a, u32>>>,
}

impl<'a> Lendable<'a> for Queue<'a> {
    type Offer = Self;
    fn lend(offer: &Self, to: &mut Lender<'_>) -> Result<(), Error> {
        Lent::lend(&offer.number, to)
    }
    fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        Ok(Self { number: Lent::receive(from)?, kept: Cell::new(None) })
    }
}

fn keep(device: &Device<'_, Bound>) -> Result<(), Error> {
    device.registration_data_with::<ForLt!(Queue<'_>), _>(|queue| {
        queue.kept.set(Some(&queue.get_ref().number));
    })
}

fn main() {
    let _ = keep as fn(&Device<'static, Bound>) -> Result<(), Error>;
}
