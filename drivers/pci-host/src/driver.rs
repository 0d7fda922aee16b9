//! The driver: enumerates once when it is bound, and reports to the supervisor.

use crate::aperture::Aperture;
use crate::bars::Bar;
use crate::config::{Address, BASE_ADDRESSES, ConfigAccess};
use crate::enumerate::{Function, Report, enumerate};
use userlib::pci::ConfigSpace;
use userlib::runtime::{Core, Device, Driver};
use userlib::supervisor::{BarInfo, FunctionInfo, NAME, NO_INTERRUPT, SupervisorClient};
use userlib::{Error, ForLt};

/// Configuration space of the bus, mapped to be read; the kernel writes it.
struct Bus<'cap>(ConfigSpace<'cap, 0>);

impl ConfigAccess for Bus<'_> {
    fn read32(&self, address: Address, register: u16) -> Result<u32, Error> {
        self.0.try_read32(address.offset() + usize::from(register))
    }

    fn write32(&mut self, address: Address, register: u16, value: u32) -> Result<(), Error> {
        self.0
            .set32(address.offset() + usize::from(register), value)
    }

    fn write16(&mut self, address: Address, register: u16, value: u16) -> Result<(), Error> {
        self.0
            .set16(address.offset() + usize::from(register), value)
    }
}

/// Bus, device and function in 16 bits, as the supervisor has them.
fn packed(address: Address) -> u16 {
    (address.offset() >> 12) as u16
}

/// Tells the supervisor.
struct Supervisor(SupervisorClient);

impl Report for Supervisor {
    fn known(&mut self, address: Address) -> Result<Option<Function>, Error> {
        match self.0.known_function(packed(address)) {
            Ok(info) => Ok(Some(Function {
                address,
                vendor: info.vendor,
                device: info.device,
                revision: info.revision,
                class: info.class,
                bars: info.bars.map(|bar| Bar {
                    address: bar.base,
                    size: bar.length,
                }),
                pin: info.interrupt_pin,
                interrupt: (info.interrupt != NO_INTERRUPT).then_some(info.interrupt),
            })),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn found(&mut self, function: &Function) -> Result<(), Error> {
        let mut bars = [BarInfo::default(); BASE_ADDRESSES];
        for (info, bar) in bars.iter_mut().zip(function.bars) {
            *info = BarInfo {
                base: bar.address,
                length: bar.size,
            };
        }
        let info = FunctionInfo {
            address: packed(function.address),
            vendor: function.vendor,
            device: function.device,
            interrupt_pin: function.pin,
            revision: function.revision,
            class: function.class,
            interrupt: function.interrupt.unwrap_or(NO_INTERRUPT),
            bars,
        };
        let (vendor, device) = (function.vendor, function.device);
        userlib::log!(
            "{} is {vendor:04x}:{device:04x}, class {:06x}",
            function.address,
            function.class
        );
        self.0.report_function(&info)
    }

    fn failed(&mut self, address: Address, identifiers: u32, why: Error) -> Result<(), Error> {
        let (vendor, device) = (identifiers & 0xffff, identifiers >> 16);
        userlib::log!("{address} is {vendor:04x}:{device:04x}, left off: {why}");
        Ok(())
    }
}

/// What the driver holds: the bus, so that nobody else writes it.
pub struct Host<'cap> {
    _bus: Bus<'cap>,
}

/// The driver.
#[derive(Debug, Default)]
pub struct PciHostDriver;

impl Driver for PciHostDriver {
    type State = ForLt!(Host<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Host<'cap>, Error> {
        let mut bus = Bus(device.config_space(0)?);
        let mut supervisor = SupervisorClient::connect(NAME)?;
        let window = supervisor.pci_window()?;
        let mut aperture = Aperture::new(window.base, window.size)?;
        let mut report = Supervisor(supervisor);
        let count = enumerate(&mut bus, &mut aperture, window.first_line, &mut report)?;
        userlib::log!(
            "{count} functions on bus 0, windows from {:#x}",
            window.base
        );
        Ok(Host { _bus: bus })
    }
}

impl core::fmt::Debug for Host<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("PCI host bridge")
    }
}
