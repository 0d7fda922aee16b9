//! A driver that offers an auxiliary device when it is asked to, and faults when it is asked to.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![cfg(any(target_arch = "arm", target_arch = "riscv32", target_arch = "riscv64"))]
#![forbid(unsafe_code)]

use bench_machine as machine;
use bench_service::{NAME, Offer, OfferFamily, ParentServer};
use userlib::auxiliary::Registration;
use userlib::io::IoMem;
use userlib::ipc::{Answer, Request};
use userlib::runtime::{Core, Device, Driver, StateOf};
use userlib::{Error, ForLt};

/// Bytes of its device's registers that it claims.
const WINDOW: usize = 0x20;

/// The device while it is bound. The registration goes first.
#[derive(Debug)]
struct State<'cap> {
    registration: Option<Registration<'cap, OfferFamily>>,
    _registers: IoMem<'cap, WINDOW>,
}

/// A request to it.
struct Asked<'s, 'cap> {
    state: &'s mut State<'cap>,
    device: &'s Device<'cap, Core>,
}

impl ParentServer for Asked<'_, '_> {
    fn serve(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn offer(&mut self) -> Result<(), Error> {
        let region = self.device.lend_region(size_of::<u64>(), 0)?;
        let mut cell = region.cell(0_u64)?;
        cell.write(machine::counter() as u64);
        let offer = Offer { when: cell.lent() };
        let registration = Registration::new(self.device, &region, NAME, 0, offer)?;
        self.state.registration = Some(registration);
        Ok(())
    }

    fn fault(&mut self) -> Result<(), Error> {
        machine::load_at_counter();
        Err(Error::Invalid)
    }
}

#[derive(Default)]
struct ParentDriver;

impl Driver for ParentDriver {
    type State = ForLt!(State<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<State<'cap>, Error> {
        Ok(State {
            registration: None,
            _registers: device.io_mem(0)?,
        })
    }

    fn request<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        device: &Device<'cap, Core>,
        request: &Request<'_>,
    ) -> Answer {
        Asked { state, device }.dispatch(request)
    }
}

userlib::driver!(ParentDriver);
