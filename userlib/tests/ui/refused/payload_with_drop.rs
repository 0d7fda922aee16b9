//! A payload whose end has code: at the child it is never dropped, and at the parent it would be.
use userlib::auxiliary::Lendable;
use userlib::runtime::{Bound, Device};
use userlib::{Error, ForLt};

#[derive(Lendable)]
struct Owner<'a> {
    number: userlib::auxiliary::Lent<'a, u32>,
}

impl Drop for Owner<'_> {
    fn drop(&mut self) {
        let _ = self.number.read();
    }
}

fn receive(device: &Device<'_, Bound>) -> Result<(), Error> {
    device.registration_data_with::<ForLt!(Owner<'_>), _>(|_| ())
}

fn main() {
    std::hint::black_box(receive as fn(&Device<'static, Bound>) -> Result<(), Error>);
}
