//! The child of `aux-parent`: reads its parent's payloads, and outlives the parent.
//!
//! It has two devices, each with one way to take a payload. That of device 0 may shorten its lifetime, so
//! `registration_data` gives a reference. That of device 1 may not, so it is only seen within `registration_data_with`.
//!
//! It keeps its views in revocable handles that live as long as the task, and answers calls also while it has no
//! device. So one can ask it, after its parent has died, what is left.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

use core::cell::RefCell;
use driver_interfaces::{HoldInfo, SAMPLES, SampleChildServer, SampleInfo};
use driver_sample::child::{Known, LongCall};
use driver_sample::guarded::GuardedFamily;
use driver_sample::payload::{Data, DataFamily, Identity};
use userlib::for_lt::Family;
use userlib::ipc::{Answer, Request};
use userlib::runtime::{Bound, Core, Device, Driver, Events, StateOf};
use userlib::timer::Timer;
use userlib::{CovariantForLt, DevresLt, Error, ForLt};

/// The direct reference to the payload of device 0.
type DataReference = CovariantForLt!(&Data<'_>);

/// The device itself, through which the payload of device 1 is reached.
#[derive(Debug, Family)]
struct Reach<'cap>(Device<'cap, Bound>);

/// The family of [`Reach`].
type ReachFamily = ForLt!(Reach<'_>);

/// The driver, which lives as long as the task.
#[derive(Debug, Default)]
pub struct ChildDriver {
    data: RefCell<Option<DevresLt<DataReference>>>,
    guarded: RefCell<Option<DevresLt<ReachFamily>>>,
    known: [Known; SAMPLES],
    call: LongCall,
}

impl ChildDriver {
    /// Index and identity of the parent, by revocable access; `None` once the lease is over.
    fn look(&self, device: usize) -> Option<Result<(u32, Identity), Error>> {
        match device {
            0 => {
                let handle = self.data.borrow();
                let guard = handle.as_ref()?.try_access()?;
                Some(guard.get().look())
            }
            _ => {
                let handle = self.guarded.borrow();
                handle
                    .as_ref()?
                    .try_access_with(|reach| look_guarded(&reach.0))
            }
        }
    }
}

/// Reads the payload of device 1, under its lock.
fn look_guarded(device: &Device<'_, Bound>) -> Result<(u32, Identity), Error> {
    device.registration_data_with::<GuardedFamily, _>(|guarded| guarded.look())?
}

/// One binding. Its timer begins the call that it was asked for.
#[derive(Debug)]
pub struct Child<'cap> {
    timer: Timer<'cap>,
}

/// Answers for the driver: bound, with the timer of a binding, or not.
struct Answers<'a>(&'a ChildDriver, Option<&'a Timer<'a>>);

impl SampleChildServer for Answers<'_> {
    fn sample(&mut self, index: u32) -> Result<SampleInfo, Error> {
        let device = index as usize;
        let known = self.0.known.get(device).ok_or(Error::NotFound)?;
        known.info(self.0.look(device))
    }

    fn last_hold(&mut self) -> Result<HoldInfo, Error> {
        Ok(self.0.call.last())
    }

    fn hold(&mut self, milliseconds: u32) -> Result<(), Error> {
        self.0.call.begin(self.1, milliseconds)
    }
}

impl Driver for ChildDriver {
    type State = ForLt!(Child<'_>);

    const SERVES_UNBOUND: bool = true;

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Child<'cap>, Error> {
        let seen = match device.id() {
            0 => {
                let data = device.registration_data::<DataFamily>()?.get_ref();
                self.data.replace(Some(DevresLt::new(device, data)?));
                data.look()?
            }
            1 => {
                let seen = look_guarded(device)?;
                self.guarded
                    .replace(Some(DevresLt::new(device, Reach(device.bound()))?));
                seen
            }
            _ => return Err(Error::Invalid),
        };
        let known = self.known.get(device.id() as usize);
        known.ok_or(Error::Invalid)?.bound(device, seen)?;
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
        Answers(self, Some(&state.timer)).dispatch(request)
    }

    fn request_unbound(&self, request: &Request<'_>) -> Answer {
        Answers(self, None).dispatch(request)
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
