//! The child of `fpgaio` that has buttons and counters: it reads them through a window on lease.
//!
//! The window is in a payload whose lifetime may not be shortened, so the child reaches it through its device each
//! time. It keeps the device in a revocable handle that lives as long as the task. The child answers calls also while
//! it has no device, so one can ask it, after its parent has died, what is left.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

use core::cell::RefCell;
use driver_fpgaio::payload::ReaderFamily;
use driver_interfaces::{ButtonsServer, HoldInfo, Inputs, SampleChildServer, SampleInfo};
use driver_sample::child::{Known, LongCall};
use driver_sample::payload::Identity;
use userlib::for_lt::Family;
use userlib::ipc::{Answer, Request};
use userlib::runtime::{Bound, Core, Device, Driver, Events, StateOf};
use userlib::timer::Timer;
use userlib::{DevresLt, Error, ForLt};

/// The number of the only device that this driver knows.
const NUMBER: u32 = 1;

/// The device, through which its payload is reached.
#[derive(Debug, Family)]
struct Reach<'cap>(Device<'cap, Bound>);

/// The family of [`Reach`].
type ReachFamily = ForLt!(Reach<'_>);

/// The driver, which lives as long as the task.
#[derive(Debug, Default)]
pub struct ButtonsDriver {
    buttons: RefCell<Option<DevresLt<ReachFamily>>>,
    known: Known,
    call: LongCall,
}

impl ButtonsDriver {
    /// Index and identity of the parent, by revocable access; `None` once the lease is over.
    fn look(&self) -> Option<Result<(u32, Identity), Error>> {
        let handle = self.buttons.borrow();
        handle.as_ref()?.try_access_with(|reach| look(&reach.0))
    }
}

/// Reads the part of the payload that says whose device this is.
fn look(device: &Device<'_, Bound>) -> Result<(u32, Identity), Error> {
    device.registration_data_with::<ReaderFamily, _>(|reader| reader.data.look())?
}

/// One binding. Its timer begins the call that it was asked for.
#[derive(Debug)]
pub struct Child<'cap> {
    timer: Timer<'cap>,
}

/// Answers for the driver: bound, with the timer of a binding, or not.
struct Answers<'a>(&'a ButtonsDriver, Option<&'a Timer<'a>>);

impl Answers<'_> {
    /// Answers a request of either interface.
    fn answer(&mut self, request: &Request<'_>) -> Answer {
        if ButtonsServer::has(self, request) {
            ButtonsServer::dispatch(self, request)
        } else {
            SampleChildServer::dispatch(self, request)
        }
    }
}

impl ButtonsServer for Answers<'_> {
    fn inputs(&mut self) -> Result<Inputs, Error> {
        let handle = self.0.buttons.borrow();
        let reach = handle.as_ref().ok_or(Error::NoDevice)?;
        let read = reach.try_access_with(|reach| {
            let device = &reach.0;
            device.registration_data_with::<ReaderFamily, _>(|reader| reader.inputs())?
        });
        read.ok_or(Error::Revoked)?
    }
}

impl SampleChildServer for Answers<'_> {
    fn sample(&mut self, index: u32) -> Result<SampleInfo, Error> {
        if index != NUMBER {
            return Err(Error::NotFound);
        }
        self.0.known.info(self.0.look())
    }

    fn last_hold(&mut self) -> Result<HoldInfo, Error> {
        Ok(self.0.call.last())
    }

    fn hold(&mut self, milliseconds: u32) -> Result<(), Error> {
        self.0.call.begin(self.1, milliseconds)
    }
}

impl Driver for ButtonsDriver {
    type State = ForLt!(Child<'_>);

    const SERVES_UNBOUND: bool = true;

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Child<'cap>, Error> {
        if device.id() != NUMBER {
            return Err(Error::Invalid);
        }
        let seen = look(device)?;
        self.buttons
            .replace(Some(DevresLt::new(device, Reach(device.bound()))?));
        self.known.bound(device, seen)?;
        Ok(Child {
            timer: device.timer()?,
        })
    }

    fn request<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        request: &Request<'_>,
    ) -> Answer {
        Answers(self, Some(&state.timer)).answer(request)
    }

    fn request_unbound(&self, request: &Request<'_>) -> Answer {
        Answers(self, None).answer(request)
    }

    fn notified<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        events: Events,
    ) {
        if events.contains(&state.timer) {
            self.call.make();
        }
    }

    fn unbind<'cap>(&self, _: &mut StateOf<'cap, Self>, device: &Device<'cap, Core>) {
        self.call.forget();
        userlib::log!("device {} is gone", device.id());
    }
}
