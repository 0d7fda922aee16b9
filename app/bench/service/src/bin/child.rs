//! The driver of the auxiliary device: notes how long after the offer it read the payload.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![cfg(any(target_arch = "arm", target_arch = "riscv32", target_arch = "riscv64"))]
#![forbid(unsafe_code)]

use bench_machine as machine;
use bench_service::{ChildServer, OfferFamily, ParentClient};
use core::cell::Cell;
use userlib::ipc::{Answer, Request};
use userlib::runtime::{Core, Device, Driver, StateOf};
use userlib::{Error, ForLt};

/// The driver, which lives as long as the task: how often it was bound, and the instructions of the last time.
#[derive(Default)]
struct ChildDriver {
    bound: Cell<[u32; 2]>,
}

impl ChildServer for &ChildDriver {
    fn bound(&mut self) -> Result<[u32; 2], Error> {
        Ok(self.bound.get())
    }

    fn crash_parent(&mut self) -> Result<(), Error> {
        match ParentClient::connect("parent")?.fault() {
            Err(Error::Dead) => Ok(()),
            other => other.and(Err(Error::Protocol)),
        }
    }
}

impl Driver for ChildDriver {
    type State = ForLt!(());

    const SERVES_UNBOUND: bool = true;

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<(), Error> {
        let offered = device.registration_data::<OfferFamily>()?.when.read()?;
        let read = machine::counter();
        let instructions = machine::between(offered as usize, read);
        let [times, _] = self.bound.get();
        self.bound.set([times + 1, instructions as u32]);
        Ok(())
    }

    fn request<'cap>(
        &self,
        (): &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        request: &Request<'_>,
    ) -> Answer {
        let mut server = self;
        server.dispatch(request)
    }

    fn request_unbound(&self, request: &Request<'_>) -> Answer {
        let mut server = self;
        server.dispatch(request)
    }
}

userlib::driver!(ChildDriver);
