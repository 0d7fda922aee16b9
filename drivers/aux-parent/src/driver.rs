//! The driver of `pci-testdev`, or of a TH1520's temperature sensors, which shares its device as two auxiliary devices.

use crate::payload::{Guarded, GuardedFamily, NAME};
use driver_interfaces::IDENTITY;
use driver_interfaces::SampleParentServer;
use driver_sample::hold::Holds;
use driver_sample::payload::{Data, DataFamily, Identity};
use userlib::auxiliary::Registration;
use userlib::io::{Bar, IoMem, Readable, Writeable};
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

userlib::registers! {
    /// The head of the block of sensors (Linux `drivers/hwmon/mr75203.c`, `PVT_IP_CONFIG`).
    struct Sensors: 4096 {
        /// How many there are of each kind; bits 4 to 0 are those of temperature.
        numbers: ReadOnly<u32> = 4;
    }
}

/// The bits with the number of temperature sensors.
const TEMPERATURES: u32 = 0x1f;

/// What the driver has of its device.
#[derive(Debug)]
enum Windows<'cap> {
    /// A function of the PCI bus.
    Function {
        _bar: Bar<'cap, BAR_SIZE>,
        _config: ConfigSpace<'cap, EXPRESS>,
    },
    /// A block of the chip.
    Block { _registers: IoMem<'cap, BAR_SIZE> },
}

impl<'cap> Windows<'cap> {
    /// Claims them. Who the device is, in words.
    fn claim(device: &Device<'cap, Core>) -> Result<(Self, Text<IDENTITY>), Error> {
        match device.config_space::<EXPRESS>("config") {
            Err(Error::NoDevice) => Self::block(device),
            config => Self::function(device, config?),
        }
    }

    fn function(
        device: &Device<'cap, Core>,
        config: ConfigSpace<'cap, EXPRESS>,
    ) -> Result<(Self, Text<IDENTITY>), Error> {
        let (vendor, number) = (config.read16::<VENDOR>(), config.read16::<DEVICE>());
        let bar = device.bar::<BAR_SIZE>(0)?;
        let test = Test::new(&bar);
        test.number().set(0);
        if vendor == u16::MAX || test.width().get() == u8::MAX {
            return Err(Error::NoDevice);
        }
        let mut words = Text::new();
        words.push_hexadecimal(vendor.into(), 4);
        words.push(":");
        words.push_hexadecimal(number.into(), 4);
        let windows = Self::Function {
            _bar: bar,
            _config: config,
        };
        Ok((windows, words))
    }

    fn block(device: &Device<'cap, Core>) -> Result<(Self, Text<IDENTITY>), Error> {
        let registers = device.io_mem::<BAR_SIZE>(0)?;
        let numbers = Sensors::new(&registers).numbers().get();
        if numbers == u32::MAX || numbers & TEMPERATURES == 0 {
            return Err(Error::NoDevice);
        }
        let windows = Self::Block {
            _registers: registers,
        };
        Ok((windows, "sensors".into()))
    }
}

/// Configuration space: vendor and device.
const VENDOR: usize = 0;

/// Configuration space: the device, above the vendor.
const DEVICE: usize = 2;

/// The device while it is bound. The registrations go first: their children before the windows.
#[derive(Debug)]
pub struct Parent<'cap> {
    _data: Registration<'cap, DataFamily>,
    _guarded: Registration<'cap, GuardedFamily>,
    held: Holds<'cap>,
    _windows: Windows<'cap>,
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
        let (windows, words) = Windows::claim(device)?;
        let identity = Identity::new(&words);
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
            _windows: windows,
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
