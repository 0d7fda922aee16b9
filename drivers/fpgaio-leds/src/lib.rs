//! The child of `fpgaio` that has the LEDs: it writes into lent memory which of them to light.
//!
//! Each LED is a pin of `embedded-hal` ([`pin`]). The payload is kept in a revocable handle that lives as long as the
//! task. The child answers calls also while it has no device, so one can ask it, after its parent has died, what is
//! left.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod pin;

use crate::pin::Led;
use core::cell::RefCell;
use driver_fpgaio::payload::{Leds, LedsFamily, RING};
use driver_fpgaio::registers::LEDS;
use driver_interfaces::{HoldInfo, LedsServer, SampleChildServer, SampleInfo};
use driver_sample::child::{Known, LongCall, PARENT};
use driver_sample::payload::Identity;
use embedded_hal::digital::{OutputPin, PinState};
use userlib::ipc::{Answer, Peer, Request};
use userlib::runtime::{Core, Device, Driver, Events, StateOf};
use userlib::timer::Timer;
use userlib::{CovariantForLt, DevresLt, Error, ForLt, sys};

/// The number of the only device that this driver knows.
const NUMBER: u32 = 0;

/// The direct reference to the payload.
type LedsReference = CovariantForLt!(&Leds<'_>);

/// The driver, which lives as long as the task.
#[derive(Debug, Default)]
pub struct LedsDriver {
    leds: RefCell<Option<DevresLt<LedsReference>>>,
    known: Known,
    call: LongCall,
}

impl LedsDriver {
    /// Index and identity of the parent, by revocable access; `None` once the lease is over.
    fn look(&self) -> Option<Result<(u32, Identity), Error>> {
        let handle = self.leds.borrow();
        let guard = handle.as_ref()?.try_access()?;
        Some(guard.get().data.look())
    }
}

/// One binding. Its timer begins the call that it was asked for.
#[derive(Debug)]
pub struct Child<'cap> {
    timer: Timer<'cap>,
}

/// Answers for the driver: bound, with the timer of a binding, or not.
struct Answers<'a>(&'a LedsDriver, Option<&'a Timer<'a>>);

impl Answers<'_> {
    /// Answers a request of either interface.
    fn answer(&mut self, request: &Request<'_>) -> Answer {
        if LedsServer::has(self, request) {
            LedsServer::dispatch(self, request)
        } else {
            SampleChildServer::dispatch(self, request)
        }
    }
}

impl LedsServer for Answers<'_> {
    fn light(&mut self, pattern: u32) -> Result<u32, Error> {
        let handle = self.0.leds.borrow();
        let leds = handle.as_ref().ok_or(Error::NoDevice)?;
        let guard = leds.try_access().ok_or(Error::Revoked)?;
        let (leds, parent) = (guard.get(), Peer::connect(PARENT)?);
        for number in 0..LEDS.count_ones() {
            // The parent has a higher priority: it has lit the LED when `notify` returns.
            let mut led = Led::new(leds, number, || sys::notify(parent.handle(), RING));
            let state = PinState::from(pattern & 1 << number != 0);
            led.set_state(state).map_err(|error| error.0)?;
        }
        leds.lit()
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

impl Driver for LedsDriver {
    type State = ForLt!(Child<'_>);

    const SERVES_UNBOUND: bool = true;

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Child<'cap>, Error> {
        if device.id() != NUMBER {
            return Err(Error::Invalid);
        }
        let leds = device.registration_data::<LedsFamily>()?.get_ref();
        self.leds.replace(Some(DevresLt::new(device, leds)?));
        self.known.bound(device, leds.data.look()?)?;
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
