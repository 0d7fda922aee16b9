//! The driver: the runtime's callbacks.

use crate::device::Edu;
use crate::registers::{DEVICE, VENDOR};
use driver_interfaces::EduServer;
use userlib::ipc::{Answer, Kept, Request};
use userlib::runtime::{Core, Device, Driver, Events, StateOf};
use userlib::{Error, ForLt};

/// The driver.
#[derive(Debug, Default)]
pub struct EduDriver;

impl Driver for EduDriver {
    type State = ForLt!(Edu<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Edu<'cap>, Error> {
        let edu = Edu::new(device)?;
        userlib::log!(
            "bound {VENDOR:04x}:{DEVICE:04x}, bar0 {} MiB, irq {}",
            edu.window() >> 20,
            edu.line()
        );
        Ok(edu)
    }

    fn request<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        request: &Request<'_>,
    ) -> Answer {
        state.dispatch(request)
    }

    fn replies<'cap>(&self, state: &StateOf<'cap, Self>, kept: &mut Kept<'_>) {
        state.replies(kept);
    }

    fn interrupt<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        events: Events,
    ) {
        state.interrupt(events);
    }

    fn notified<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        events: Events,
    ) {
        state.notified(events);
    }

    fn unbind<'cap>(&self, state: &mut StateOf<'cap, Self>, _: &Device<'cap, Core>) {
        state.quiet();
    }
}
