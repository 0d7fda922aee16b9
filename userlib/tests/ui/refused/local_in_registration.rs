//! A part that lives for less than `'cap` poses as a payload of the binding.
use userlib::auxiliary::{LendRegion, Lent, Registration};
use userlib::runtime::{Bound, Device};
use userlib::{Error, ForLt};

fn forge<'cap, 'short>(
    device: &Device<'cap, Bound>,
    region: &LendRegion<'cap>,
    part: Lent<'short, u32>,
) -> Result<Registration<'cap, ForLt!(Lent<'_, u32>)>, Error> {
    Registration::new(device, region, "part", 0, part)
}

fn main() {
    let _ = forge as fn(&Device<'static, Bound>, &LendRegion<'static>, _) -> _;
}
