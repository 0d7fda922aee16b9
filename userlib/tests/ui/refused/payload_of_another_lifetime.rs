//! A payload type that names another lifetime than the binding's: it would be used past the lease.
use userlib::auxiliary::{Lendable, Lent};
use userlib::runtime::{Bound, Device};
use userlib::{CovariantForLt, Error};

#[derive(Lendable)]
struct Static {
    count: Lent<'static, u64>,
}

fn take<'cap>(device: &Device<'cap, Bound>) -> Result<&'static Lent<'static, u64>, Error> {
    Ok(device.registration_data::<CovariantForLt!(Lent<'static, u64>)>()?.get_ref())
}

fn main() {}
