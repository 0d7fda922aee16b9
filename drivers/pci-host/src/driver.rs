//! The driver: enumerates once when it is bound, and reports to the supervisor.

use crate::config::ConfigAccess;
use crate::enumerate::{Function, Report, enumerate};
use userlib::pci::ConfigSpace;
use userlib::runtime::{Core, Device, Driver};
use userlib::supervisor::{self, BarInfo, FunctionAddress, FunctionInfo, SupervisorClient};
use userlib::{Error, ForLt};

/// Configuration space of the buses, mapped read-only; the supervisor writes it.
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
        let (address, id) = (function.address, function.id);
        userlib::log!("{address} is {id}, class {}", function.class);
        match self.0.report_function(&info(function)) {
            Ok(()) => Ok(()),
            Err(error @ (Error::Revoked | Error::Denied)) => Err(error),
            Err(why) => {
                userlib::log!("{id} is left off: {why}");
                Ok(())
            }
        }
    }

    fn bridge(&mut self, bridge: &Function) -> Result<Option<u8>, Error> {
        let (address, id) = (bridge.address, bridge.id);
        match self.0.report_bridge(&info(bridge)) {
            Ok(bus) => {
                userlib::log!("{address} is {id}, a bridge to bus {bus}");
                Ok(u8::try_from(bus).ok())
            }
            Err(error @ (Error::Revoked | Error::Denied)) => Err(error),
            Err(why) => {
                userlib::log!("{address} is {id}, a bridge; what is behind it is left off: {why}");
                Ok(None)
            }
        }
    }
}

/// What the supervisor is told of a function.
fn info(function: &Function) -> FunctionInfo {
    FunctionInfo {
        address: function.address,
        id: function.id,
        interrupt_pin: function.pin,
        revision: function.revision,
        class: function.class,
        interrupt: function.interrupt.into(),
        bars: [BarInfo::default(); 6],
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
        userlib::log!("{count} functions");
        Ok(Host { _bus: bus })
    }
}

impl core::fmt::Debug for Host<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("PCI host bridge")
    }
}
