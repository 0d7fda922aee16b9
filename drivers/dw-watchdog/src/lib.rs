//! DesignWare's watchdog: if the supervisor stops, the board starts again.
//!
//! The driver starts the count again each time that the supervisor has made a turn of its loop, and at no other time.
//! Nothing stops the count: no store, and not the end of this driver. Its clock and reset stay as they are, too
//! (`driver_th1520::blocks`). A driver that ends is started again long before the count is over.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod registers;
mod watchdog;

use core::cell::{Cell, RefCell};
use registers::WINDOW;
use userlib::io::DevresIoMem;
use userlib::runtime::{Core, Device, Driver, Events, StateOf};
use userlib::supervisor::HEARTBEAT;
use userlib::{Error, ForLt};
use watchdog::{feed, period, start};

/// The device with the registers.
const REGISTERS: &str = "watchdog1";
/// The auxiliary device with the block's gate and reset.
const BLOCK: &str = "control.watchdog1";

/// The driver: registers and clock are two leases.
#[derive(Debug, Default)]
pub struct WatchdogDriver {
    registers: RefCell<Option<DevresIoMem<WINDOW>>>,
    /// The rate of the count in Hz, while the block's clock runs.
    rate: Cell<Option<u32>>,
    /// It counts, as far as this life of the driver knows.
    runs: Cell<bool>,
}

impl WatchdogDriver {
    /// Starts it, once both are there; or feeds it.
    fn turn(&self) -> Result<(), Error> {
        let registers = self.registers.borrow();
        let guard = registers.as_ref().and_then(DevresIoMem::try_access);
        let (Some(guard), Some(rate)) = (guard, self.rate.get()) else {
            return Ok(());
        };
        if self.runs.replace(true) {
            return feed(guard.get());
        }
        start(guard.get(), rate)?;
        userlib::log!(
            "the board starts again {} ms after the supervisor stops",
            period(rate)
        );
        Ok(())
    }
}

impl Driver for WatchdogDriver {
    type State = ForLt!(());

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<(), Error> {
        if device.is_named(REGISTERS) {
            let window = device.io_mem::<WINDOW>(0)?.into_devres()?;
            self.registers.replace(Some(window));
        } else if device.is_named(BLOCK) {
            self.rate.set(Some(driver_th1520::open(device)?));
        } else {
            return Err(Error::Invalid);
        }
        self.turn()
    }

    fn notified<'cap>(
        &self,
        (): &mut StateOf<'cap, Self>,
        device: &Device<'cap, Core>,
        events: Events,
    ) {
        // Each of the two bindings is told.
        if events.from_peer(HEARTBEAT)
            && device.is_named(REGISTERS)
            && let Err(error) = self.turn()
        {
            userlib::log!("not fed: {error}");
        }
    }

    fn unbind<'cap>(&self, (): &mut StateOf<'cap, Self>, device: &Device<'cap, Core>) {
        if device.is_named(BLOCK) {
            self.rate.set(None);
        }
        self.runs.set(false);
    }
}
