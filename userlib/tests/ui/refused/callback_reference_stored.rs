//! The reference that a callback gets is not for keeping.
use userlib::runtime::{Core, Device, Driver};
use userlib::{Error, ForLt};

struct State<'cap> {
    device: &'cap Device<'cap, Core>,
}

struct Keeper;

impl Driver for Keeper {
    type State = ForLt!(State<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<State<'cap>, Error> {
        Ok(State { device })
    }
}

fn main() {
    let _ = |state: State<'_>| state.device.is_bound();
}
