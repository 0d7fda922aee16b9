//! The driver: the parent of both children.

use crate::payload::{
    BUTTONS_AND_COUNTERS, LEDS, Leds, LedsFamily, RING, ReaderFamily, ReaderOffer,
};
use crate::registers::{self, Fpgaio, WINDOW};
use driver_interfaces::SampleParentServer;
use driver_sample::hold::Holds;
use driver_sample::payload::{Data, Identity};
use userlib::auxiliary::{LentCell, Registration, WINDOW_GRANULE};
use userlib::io::{IoMem, Readable, Writeable};
use userlib::ipc::{Answer, Deferred, Kept, Request};
use userlib::runtime::{Core, Device, Driver, Events, StateOf};
use userlib::sys::Rights;
use userlib::text::Text;
use userlib::{Error, ForLt};

/// What the parent's device is called.
const NAME: &str = "fpgaio";

/// Bytes of the window that is lent: at least the hardware's granule, and enough for the registers.
const LENT: usize = if WINDOW > WINDOW_GRANULE {
    WINDOW
} else {
    WINDOW_GRANULE
};

/// Bytes for the lock of the LEDs' word.
const LOCK: usize = 64;

/// The block while it is bound. The registrations go first: their children before the window.
#[derive(Debug)]
pub struct Board<'cap> {
    leds: Registration<'cap, LedsFamily>,
    _reader: Registration<'cap, ReaderFamily>,
    lit: LentCell<'cap, u32>,
    held: Holds<'cap>,
    window: IoMem<'cap, WINDOW>,
}

impl Board<'_> {
    /// Lights the LEDs that the child wants, and publishes which are lit then.
    fn apply(&mut self) {
        // Busy: the child is still writing, and rings afterwards.
        if let Ok(wanted) = self.leds.offer().wanted() {
            let leds = Fpgaio::new(&self.window).leds();
            leds.set(wanted & registers::LEDS);
            self.lit.write(leds.get());
        }
    }
}

impl SampleParentServer for Board<'_> {
    fn hold(&mut self, milliseconds: u32, reply: Deferred<u32>) {
        self.held.hold(milliseconds, reply);
    }
}

/// The driver.
#[derive(Debug, Default)]
pub struct BoardDriver;

impl Driver for BoardDriver {
    type State = ForLt!(Board<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Board<'cap>, Error> {
        let window = device.io_mem::<WINDOW>(0)?;
        if !registers::answers(&window) {
            return Err(Error::NoDevice);
        }
        let identity = Identity::new(&Text::from(NAME));
        let cells = size_of::<Identity>() + size_of::<u32>();
        let region = device.lend_region(cells, LOCK)?;
        let data = Data {
            index: 0,
            identity: region.cell(identity)?.lent(),
        };
        let lit = region.cell(0)?;
        let leds = Leds::new(data, region.mutex(0)?, lit.lent());
        let leds = Registration::new(device, &region, LEDS, 0, leds)?;
        let region = device.lend_region(size_of::<Identity>(), 0)?;
        let data = Data {
            index: 1,
            identity: region.cell(identity)?.lent(),
        };
        let window_to_read = window.lend(0, LENT, Rights::READ)?;
        let reader = ReaderOffer {
            data,
            window: window_to_read,
        };
        let reader = Registration::new(device, &region, BUTTONS_AND_COUNTERS, 1, reader)?;
        userlib::log!("bound {identity}, 2 auxiliary devices");
        Ok(Board {
            leds,
            _reader: reader,
            lit,
            held: Holds::new(device.timer()?),
            window,
        })
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
        state.held.replies(kept);
    }

    fn notified<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        events: Events,
    ) {
        if events.from_peer(RING) {
            state.apply();
        }
        state.held.notified(events);
    }

    /// No task may wait for a parent that unbinds; least of all a child that must release first.
    fn unbind<'cap>(&self, state: &mut StateOf<'cap, Self>, _: &Device<'cap, Core>) {
        state.held.clear();
        Fpgaio::new(&state.window).leds().set(0);
    }
}
