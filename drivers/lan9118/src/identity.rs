//! The small driver: it only says what the chip is.

use crate::chip::Chip;
use driver_interfaces::{EthernetInfo, EthernetServer};
use userlib::ipc::{Answer, Request};
use userlib::runtime::{Core, Device, Driver, StateOf};
use userlib::{Error, ForLt};

/// The controller while it is bound.
#[derive(Debug)]
pub struct Controller<'cap>(Chip<'cap>);

impl EthernetServer for Controller<'_> {
    fn identify(&mut self) -> Result<EthernetInfo, Error> {
        self.0.identify()
    }
}

/// The driver.
#[derive(Debug, Default)]
pub struct EthernetDriver;

impl Driver for EthernetDriver {
    type State = ForLt!(Controller<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Controller<'cap>, Error> {
        let chip = Chip::new(device.io_mem(0)?);
        let (number, revision) = chip.number()?;
        userlib::log!("bound LAN9118: chip {number:04x}, revision {revision}");
        Ok(Controller(chip))
    }

    fn request<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        request: &Request<'_>,
    ) -> Answer {
        state.dispatch(request)
    }
}
