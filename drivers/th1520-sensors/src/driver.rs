//! The driver of a TH1520's temperature sensors, which shares its device as two auxiliary devices.

use driver_interfaces::SampleParentServer;
use driver_sample::guarded::{Guarded, GuardedFamily, NAME};
use driver_sample::hold::Holds;
use driver_sample::payload::{Data, DataFamily, Identity};
use userlib::auxiliary::Registration;
use userlib::io::{IoMem, Readable};
use userlib::ipc::{Answer, Deferred, Kept, Request};
use userlib::runtime::{Core, Device, Driver, Events, StateOf};
use userlib::{Error, ForLt};

/// Bytes of the block's registers.
const SIZE: usize = 4096;

userlib::registers! {
    /// The head of the block (Linux `drivers/hwmon/mr75203.c`, `PVT_IP_CONFIG`).
    struct Sensors: 4096 {
        /// How many sensors there are of each kind; bits 4 to 0 are those of temperature.
        numbers: ReadOnly<u32> = 4;
    }
}

/// The bits with the number of temperature sensors.
const TEMPERATURES: u32 = 0x1f;

/// The device while it is bound. The registrations go first: their children before the windows.
#[derive(Debug)]
pub struct Sensed<'cap> {
    _data: Registration<'cap, DataFamily>,
    _guarded: Registration<'cap, GuardedFamily>,
    held: Holds<'cap>,
    _registers: IoMem<'cap, SIZE>,
}

impl SampleParentServer for Sensed<'_> {
    fn hold(&mut self, milliseconds: u32, reply: Deferred<u32>) {
        self.held.hold(milliseconds, reply);
    }
}

/// The driver.
#[derive(Debug, Default)]
pub struct SensorsDriver;

impl Driver for SensorsDriver {
    type State = ForLt!(Sensed<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Sensed<'cap>, Error> {
        let registers = device.io_mem::<SIZE>(0)?;
        let numbers = Sensors::new(&registers).numbers().get();
        if numbers == u32::MAX || numbers & TEMPERATURES == 0 {
            return Err(Error::NoDevice);
        }
        let identity = Identity::new(&"sensors".into());
        let region = device.lend_region(size_of::<Identity>(), 0)?;
        let data = Data {
            index: 0,
            identity: region.cell(identity)?.lent(),
        };
        let data = Registration::new(device, &region, NAME, 0, data)?;
        let region = device.lend_region(size_of::<Identity>(), LOCKS)?;
        let view = Data {
            index: 1,
            identity: region.cell(identity)?.lent(),
        };
        let guarded = Guarded::new(region.mutex(0)?, view);
        let guarded = Registration::new(device, &region, NAME, 1, guarded)?;
        userlib::log!("bound {identity}, 2 auxiliary devices");
        Ok(Sensed {
            _data: data,
            _guarded: guarded,
            held: Holds::new(device.timer()?),
            _registers: registers,
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
        state.held.notified(events);
    }

    /// Nobody is to wait for a parent that goes; least of all a child that must let go first.
    fn unbind<'cap>(&self, state: &mut StateOf<'cap, Self>, _: &Device<'cap, Core>) {
        state.held.clear();
    }
}

/// Bytes for the lock of device 1.
const LOCKS: usize = 64;
