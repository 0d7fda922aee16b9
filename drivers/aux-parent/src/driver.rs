//! The driver of `pci-testdev`, which shares its device with two children.

use crate::payload::{Data, DataFamily, Guarded, GuardedFamily, NAME, PciIdentity};
use driver_interfaces::SampleParentServer;
use heapless::Deque;
use userlib::auxiliary::Registration;
use userlib::io::Bar;
use userlib::ipc::{Answer, Deferred, Request};
use userlib::pci::{ConfigSpace, EXPRESS};
use userlib::runtime::{Core, Device, Driver, StateOf, TIMER_BIT};
use userlib::{Error, ForLt, sys, time};

/// Bytes of the test registers. Source: QEMU documentation, *QEMU pci-testdev*.
const BAR_SIZE: usize = 4096;

/// Test register: which test is selected, 8 bits.
const TEST: usize = 0;

/// Test register: width of the selected test's accesses in bytes, 8 bits.
const WIDTH: usize = 1;

/// Configuration space: vendor and device.
const VENDOR: usize = 0;

/// Configuration space: the device, above the vendor.
const DEVICE: usize = 2;

/// Calls that may be held at once.
const HELD: usize = 4;

/// Longest hold, in milliseconds.
const MOST_HOLD: u32 = 60_000;

/// A call that is answered later.
#[derive(Debug)]
struct Hold {
    /// When, in ticks.
    until: u64,
    milliseconds: u32,
    reply: Deferred<u32>,
}

/// The device while it is bound. The registrations go first: their children before the windows.
#[derive(Debug)]
pub struct Parent<'cap> {
    _data: Registration<'cap, DataFamily>,
    _guarded: Registration<'cap, GuardedFamily>,
    held: Deque<Hold, HELD>,
    _bar: Bar<'cap, BAR_SIZE>,
    _config: ConfigSpace<'cap, EXPRESS>,
}

impl Parent<'_> {
    /// Answers what is due and sets the timer for the next.
    fn answer_due(&mut self) {
        let now = sys::time();
        let mut next = u64::MAX;
        for _ in 0..self.held.len() {
            let Some(hold) = self.held.pop_front() else {
                break;
            };
            if hold.until <= now {
                hold.reply.reply(Ok(hold.milliseconds));
            } else {
                next = next.min(hold.until);
                // There is room: one has just been taken out.
                let _ = self.held.push_back(hold);
            }
        }
        let deadline = if next == u64::MAX { 0 } else { next };
        // The own timer can always be set.
        let _ = sys::set_timer(deadline, TIMER_BIT);
    }
}

impl SampleParentServer for Parent<'_> {
    fn hold(&mut self, milliseconds: u32, reply: Deferred<u32>) {
        if milliseconds > MOST_HOLD {
            return reply.reply(Err(Error::Invalid));
        }
        let until = time::after(u64::from(milliseconds));
        if let Err(hold) = self.held.push_back(Hold {
            until,
            milliseconds,
            reply,
        }) {
            return hold.reply.reply(Err(Error::Busy));
        }
        self.answer_due();
    }
}

/// The driver.
#[derive(Debug, Default)]
pub struct ParentDriver;

impl Driver for ParentDriver {
    type State = ForLt!(Parent<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Parent<'cap>, Error> {
        let config = device.config_space::<EXPRESS>("config")?;
        let identity = PciIdentity {
            vendor: config.read16::<VENDOR>(),
            device: config.read16::<DEVICE>(),
        };
        let bar = device.bar::<BAR_SIZE>(0)?;
        bar.write8::<TEST>(0);
        if identity.vendor == u16::MAX || bar.read8::<WIDTH>() == u8::MAX {
            return Err(Error::NoDevice);
        }
        let region = device.lend_region(size_of::<PciIdentity>(), 0)?;
        let data = Data {
            index: 0,
            identity: region.cell(identity)?.lent(),
        };
        let data = Registration::new(device, &region, NAME, 0, data)?;
        let region = device.lend_region(size_of::<PciIdentity>(), LOCKS)?;
        let view = Data {
            index: 1,
            identity: region.cell(identity)?.lent(),
        };
        let guarded = Guarded::new(region.mutex(0)?, view);
        let guarded = Registration::new(device, &region, NAME, 1, guarded)?;
        userlib::log!(
            "bound {:04x}:{:04x}, 2 auxiliary devices",
            identity.vendor,
            identity.device
        );
        Ok(Parent {
            _data: data,
            _guarded: guarded,
            held: Deque::new(),
            _bar: bar,
            _config: config,
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

    fn notified<'cap>(&self, state: &mut StateOf<'cap, Self>, _: &Device<'cap, Core>, bits: u32) {
        if bits & TIMER_BIT != 0 {
            state.answer_due();
        }
    }

    /// Nobody is to wait for a parent that goes; least of all a child that must let go first.
    fn unbind<'cap>(&self, state: &mut StateOf<'cap, Self>, _: &Device<'cap, Core>) {
        state.held.clear();
    }
}

/// Bytes for the lock of device 1.
const LOCKS: usize = 64;
