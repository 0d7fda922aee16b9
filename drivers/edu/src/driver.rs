//! The driver: the runtime's callbacks.

use crate::device::Edu;
use crate::registers::{DEVICE, VENDOR};
use driver_interfaces::EduServer;
use userlib::ipc::{Answer, Kept, Request};
use userlib::runtime::{Bound, Core, Device, Driver, StateOf, TIMER_BIT};
use userlib::sys::{self, GrantKind};
use userlib::{Error, ForLt};

/// The driver.
#[derive(Debug, Default)]
pub struct EduDriver;

impl Driver for EduDriver {
    type State = ForLt!(Edu<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Edu<'cap>, Error> {
        let edu = Edu::new(device)?;
        let line = interrupt_line(device)?;
        userlib::log!(
            "bound {VENDOR:04x}:{DEVICE:04x}, bar0 {} MiB, irq {line}",
            edu.window() >> 20
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

    fn interrupt<'cap>(&self, state: &mut StateOf<'cap, Self>, _: &Device<'cap, Core>, _: u32) {
        state.handle();
        // `Revoked`: the binding is ending, and no interrupt is to come again.
        let _ = state.acknowledge();
    }

    fn notified<'cap>(&self, state: &mut StateOf<'cap, Self>, _: &Device<'cap, Core>, bits: u32) {
        if bits & TIMER_BIT != 0 {
            state.expire();
        }
    }

    fn unbind<'cap>(&self, state: &mut StateOf<'cap, Self>, _: &Device<'cap, Core>) {
        state.quiet();
    }
}

/// The line behind the device's interrupt, for the log.
fn interrupt_line(device: &Device<'_, Bound>) -> Result<u64, Error> {
    let lease = device.lease()?;
    let mut index = 0;
    loop {
        let grant = sys::grant_info(lease, index)?;
        if grant.kind == GrantKind::Interrupt as u8 {
            return Ok(grant.base);
        }
        index += 1;
    }
}
