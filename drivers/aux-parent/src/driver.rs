//! The driver of `pci-testdev`, which shares its device as two auxiliary devices.

use driver_interfaces::IDENTITY;
use driver_interfaces::SampleParentServer;
use driver_sample::guarded::{Guarded, GuardedFamily, NAME};
use driver_sample::hold::Holds;
use driver_sample::payload::{Data, DataFamily, Identity};
use userlib::auxiliary::Registration;
use userlib::io::{Bar, Readable, Writeable};
use userlib::ipc::{Answer, Deferred, Kept, Request};
use userlib::pci::{ConfigSpace, EXPRESS};
use userlib::runtime::{Core, Device, Driver, Events, StateOf};
use userlib::text::Text;
use userlib::{Error, ForLt};

/// Bytes of the test registers. Source: QEMU documentation, *QEMU pci-testdev*.
const BAR_SIZE: usize = 4096;

userlib::registers! {
    /// The head of a test.
    struct Test: 4096 {
        /// Which test is selected.
        number: WriteOnly<u8> = 0;
        /// Width of the selected test's accesses in bytes.
        width: ReadOnly<u8> = 1;
    }
}

/// Configuration space: vendor and device.
const VENDOR: usize = 0;

/// Configuration space: the device, above the vendor.
const DEVICE: usize = 2;

/// Who the device is, in words. `NoDevice` when nothing answers.
fn identify(config: &ConfigSpace<'_, EXPRESS>, bar: &Bar<'_, BAR_SIZE>) -> Result<Identity, Error> {
    let (vendor, number) = (config.read16::<VENDOR>(), config.read16::<DEVICE>());
    let test = Test::new(bar);
    test.number().set(0);
    if vendor == u16::MAX || test.width().get() == u8::MAX {
        return Err(Error::NoDevice);
    }
    let mut words = Text::<IDENTITY>::new();
    words.push_hexadecimal(vendor.into(), 4);
    words.push(":");
    words.push_hexadecimal(number.into(), 4);
    Ok(Identity::new(&words))
}

/// The device while it is bound. The registrations go first: their children before the windows.
#[derive(Debug)]
pub struct Parent<'cap> {
    _data: Registration<'cap, DataFamily>,
    _guarded: Registration<'cap, GuardedFamily>,
    held: Holds<'cap>,
    _bar: Bar<'cap, BAR_SIZE>,
    _config: ConfigSpace<'cap, EXPRESS>,
}

impl SampleParentServer for Parent<'_> {
    fn hold(&mut self, milliseconds: u32, reply: Deferred<u32>) {
        self.held.hold(milliseconds, reply);
    }
}

/// The driver.
#[derive(Debug, Default)]
pub struct ParentDriver;

impl Driver for ParentDriver {
    type State = ForLt!(Parent<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Parent<'cap>, Error> {
        let config = device.config_space::<EXPRESS>("config")?;
        let bar = device.bar::<BAR_SIZE>(0)?;
        let identity = identify(&config, &bar)?;
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
        Ok(Parent {
            _data: data,
            _guarded: guarded,
            held: Holds::new(device.timer()?),
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
