//! The driver: enumerates once when it is bound, and reports to the supervisor.

use crate::config::ConfigAccess;
use crate::enumerate::{Function, Report, enumerate};
use userlib::pci::ConfigSpace;
use userlib::runtime::{Core, Device, Driver};
use userlib::supervisor::{self, BarInfo, FunctionAddress, FunctionInfo, SupervisorClient};
use userlib::{Error, ForLt};

/// Configuration space of the bus, mapped read-only; the supervisor writes it.
struct Bus<'cap>(ConfigSpace<'cap, 0>);

impl ConfigAccess for Bus<'_> {
    fn read32(&self, address: FunctionAddress, register: u16) -> Result<u32, Error> {
        self.0.try_read32(address.offset() + usize::from(register))
    }
}

/// Tells the supervisor.
struct Supervisor(SupervisorClient);

impl Report for Supervisor {
    fn found(&mut self, function: &Function) -> Result<(), Error> {
        let info = FunctionInfo {
            address: function.address,
            vendor: function.vendor,
            device: function.device,
            interrupt_pin: function.pin,
            revision: function.revision,
            class: function.class,
            interrupt: function.interrupt.into(),
            bars: [BarInfo::default(); 6],
        };
        let (vendor, device) = (function.vendor, function.device);
        userlib::log!(
            "{} is {vendor:04x}:{device:04x}, class {:06x}",
            function.address,
            function.class
        );
        match self.0.report_function(&info) {
            Ok(()) => Ok(()),
            Err(error @ (Error::Revoked | Error::Denied)) => Err(error),
            Err(why) => {
                userlib::log!("{vendor:04x}:{device:04x} is left off: {why}");
                Ok(())
            }
        }
    }

    fn bridge(&mut self, address: FunctionAddress, identifiers: u32) -> Result<(), Error> {
        let (vendor, device) = (identifiers & 0xffff, identifiers >> 16);
        userlib::log!(
            "{address} is {vendor:04x}:{device:04x}, a bridge: functions behind it are not looked for"
        );
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
        let bus = Bus(device.config_space(0)?);
        let mut supervisor = supervisor::connect()?;
        let first_line = supervisor.first_interrupt_line()?;
        let count = enumerate(&bus, first_line, &mut Supervisor(supervisor))?;
        userlib::log!("{count} functions on bus 0");
        Ok(Host { _bus: bus })
    }
}

impl core::fmt::Debug for Host<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("PCI host bridge")
    }
}
