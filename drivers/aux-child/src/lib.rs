//! A child of the auxiliary sample: reads its parent's payloads, and outlives the parent.
//!
//! On a board with PCI the parent is `pci-testdev`'s driver and one task has both devices. On one
//! with LEDs and buttons it is theirs, and this program is two tasks: device 0 is the LEDs, device 1
//! the buttons and counters. So what is said of one parent holds of the other.
//!
//! It keeps its views in revocable handles that live as long as the task, and answers calls
//! also while it has no device. So one can ask it, after its parent has died, what is left.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

use core::cell::{Cell, RefCell};
use driver_aux_parent::payload::{Data, DataFamily, GuardedFamily, Identity};
use driver_fpgaio::payload::{Leds, LedsFamily, RING, ReaderFamily};
use driver_fpgaio::pin::Led;
use driver_fpgaio::registers::LEDS;
use driver_interfaces::{
    HoldInfo, Inputs, SAMPLES, SampleChildServer, SampleInfo, SampleParentClient,
};
use embedded_hal::digital::{OutputPin, PinState};
use userlib::for_lt::Family;
use userlib::ipc::{Answer, Peer, Request};
use userlib::runtime::{Bound, Core, Device, Driver, Events, StateOf};
use userlib::timer::Timer;
use userlib::{CovariantForLt, DevresLt, Error, ForLt, sys, time};

/// The parent's task.
const PARENT: &str = "aux-parent";

/// The direct reference to the payload of device 0.
type DataReference = CovariantForLt!(&Data<'_>);

/// The direct reference to the payload of device 0 where that is LEDs.
type LedsReference = CovariantForLt!(&Leds<'_>);

/// The device itself, through which the payload of device 1 is reached.
#[derive(Debug, Family)]
struct Reach<'cap>(Device<'cap, Bound>);

/// The family of [`Reach`].
type ReachFamily = ForLt!(Reach<'_>);

/// What is known of one of the sample's devices, in and out of its bindings.
#[derive(Debug, Default)]
struct Kept {
    lease: Cell<Option<u32>>,
    bindings: Cell<u32>,
    parent: Cell<u32>,
}

/// The driver, which lives as long as the task.
#[derive(Debug, Default)]
pub struct ChildDriver {
    data: RefCell<Option<DevresLt<DataReference>>>,
    leds: RefCell<Option<DevresLt<LedsReference>>>,
    guarded: RefCell<Option<DevresLt<ReachFamily>>>,
    kept: [Kept; SAMPLES],
    hold: Cell<HoldInfo>,
    /// Milliseconds of the call to make once the timer runs out.
    wanted: Cell<Option<u32>>,
}

impl ChildDriver {
    /// Index and identity of the parent, by revocable access; `None` once the lease is over.
    fn look(&self, device: usize) -> Option<Result<(u32, Identity), Error>> {
        match device {
            0 => {
                let handle = self.data.borrow();
                let guard = handle.as_ref()?.try_access()?;
                let data = guard.get();
                Some(data.identity.read().map(|identity| (data.index, identity)))
            }
            _ => {
                let handle = self.guarded.borrow();
                handle
                    .as_ref()?
                    .try_access_with(|reach| look_guarded(&reach.0))
            }
        }
    }

    /// Takes the payload of device 0, whichever of the two kinds it is.
    fn take_data<'cap>(&self, device: &Device<'cap, Core>) -> Result<&'cap Data<'cap>, Error> {
        match device.registration_data::<DataFamily>() {
            Err(Error::Invalid) => {
                let leds = device.registration_data::<LedsFamily>()?.get_ref();
                self.leds.replace(Some(DevresLt::new(device, leds)?));
                Ok(&leds.data)
            }
            data => Ok(data?.get_ref()),
        }
    }

    /// Has the parent light these LEDs; gives what is lit then.
    fn light(&self, pattern: u32) -> Result<u32, Error> {
        let handle = self.leds.borrow();
        let leds = handle.as_ref().ok_or(Error::NoDevice)?;
        let guard = leds.try_access().ok_or(Error::Revoked)?;
        let (leds, parent) = (guard.get(), Peer::connect(PARENT)?);
        for number in 0..LEDS.count_ones() {
            // It is more important than this task, so it has done it when this returns.
            let mut led = Led::new(leds, number, || sys::notify(parent.handle(), RING));
            let state = PinState::from(pattern & 1 << number != 0);
            led.set_state(state).map_err(|error| error.0)?;
        }
        leds.lit()
    }

    /// Reads the board's buttons and counters.
    fn inputs(&self) -> Result<Inputs, Error> {
        let handle = self.guarded.borrow();
        let reach = handle.as_ref().ok_or(Error::NoDevice)?;
        let read = reach.try_access_with(|reach| {
            let device = &reach.0;
            match device.registration_data_with::<ReaderFamily, _>(|reader| reader.inputs()) {
                Err(Error::Invalid) => Err(Error::NoDevice),
                read => read?,
            }
        });
        read.ok_or(Error::Revoked)?
    }

    fn call_parent(&self, milliseconds: u32) {
        let result = SampleParentClient::connect(PARENT).and_then(|mut parent| {
            let life = parent.peer().handle().raw();
            self.hold.set(HoldInfo {
                state: 1,
                parent: life,
                ..HoldInfo::default()
            });
            parent.hold(milliseconds)
        });
        let mut hold = self.hold.get();
        hold.ended_ms = time::milliseconds() as u32;
        (hold.state, hold.error) = match result {
            Ok(_) => (2, 0),
            Err(error) => (3, error as u32),
        };
        self.hold.set(hold);
        if let Err(error) = result {
            userlib::log!("call to {PARENT}: {error}");
        }
    }
}

/// Reads the payload of device 1: under its lock, or, where it is a board's inputs, as it is.
fn look_guarded(device: &Device<'_, Bound>) -> Result<(u32, Identity), Error> {
    match device.registration_data_with::<GuardedFamily, _>(|guarded| guarded.look()) {
        // The payload is of another type.
        Err(Error::Invalid) => device.registration_data_with::<ReaderFamily, _>(|reader| {
            Ok((reader.data.index, reader.data.identity.read()?))
        })?,
        looked => looked?,
    }
}

/// One binding. Its timer begins the call that it was asked for.
#[derive(Debug)]
pub struct Child<'cap> {
    timer: Timer<'cap>,
}

/// Answers for the driver: bound, with the timer of a binding, or not.
struct Session<'a>(&'a ChildDriver, Option<&'a Timer<'a>>);

impl SampleChildServer for Session<'_> {
    fn sample(&mut self, index: u32) -> Result<SampleInfo, Error> {
        let kept = self.0.kept.get(index as usize).ok_or(Error::NotFound)?;
        let mut info = SampleInfo {
            lease: kept.lease.get().unwrap_or(u32::MAX),
            bindings: kept.bindings.get(),
            parent: kept.parent.get(),
            ..SampleInfo::default()
        };
        if let Some(looked) = self.0.look(index as usize) {
            let (index, identity) = looked?;
            info.present = 1;
            info.index = index;
            info.identity = identity.text;
        }
        Ok(info)
    }

    fn last_hold(&mut self) -> Result<HoldInfo, Error> {
        Ok(self.0.hold.get())
    }

    fn hold(&mut self, milliseconds: u32) -> Result<(), Error> {
        let timer = self.1.ok_or(Error::Unbound)?;
        if self.0.wanted.get().is_some() {
            return Err(Error::Busy);
        }
        self.0.wanted.set(Some(milliseconds));
        // At once, but after the reply: a caller is not to wait for the call to the parent.
        timer.set(0);
        Ok(())
    }

    fn light(&mut self, pattern: u32) -> Result<u32, Error> {
        self.0.light(pattern)
    }

    fn inputs(&mut self) -> Result<Inputs, Error> {
        self.0.inputs()
    }
}

impl Driver for ChildDriver {
    type State = ForLt!(Child<'_>);

    const SERVES_UNBOUND: bool = true;

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Child<'cap>, Error> {
        let (index, identity) = match device.id() {
            0 => {
                let data = self.take_data(device)?;
                self.data.replace(Some(DevresLt::new(device, data)?));
                (data.index, data.identity.read()?)
            }
            1 => {
                let looked = look_guarded(device)?;
                self.guarded
                    .replace(Some(DevresLt::new(device, Reach(device.bound()))?));
                looked
            }
            _ => return Err(Error::Invalid),
        };
        let kept = self.kept.get(device.id() as usize).ok_or(Error::Invalid)?;
        kept.lease.set(Some(device.lease()?.raw()));
        kept.bindings.set(kept.bindings.get() + 1);
        kept.parent.set(Peer::connect(PARENT)?.handle().raw());
        userlib::log!("device {index}: parent {identity}");
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
        Session(self, Some(&state.timer)).dispatch(request)
    }

    fn request_unbound(&self, request: &Request<'_>) -> Answer {
        Session(self, None).dispatch(request)
    }

    fn notified<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        events: Events,
    ) {
        if events.contains(&state.timer)
            && let Some(milliseconds) = self.wanted.take()
        {
            self.call_parent(milliseconds);
        }
    }

    fn unbind<'cap>(&self, _: &mut StateOf<'cap, Self>, device: &Device<'cap, Core>) {
        // A call that was wanted but not made: there is nobody to call.
        self.wanted.set(None);
        userlib::log!("device {} is gone", device.id());
    }
}
