//! The driver: registers, clock and pads are three leases, and each may end before the others.

use crate::channel::Channel;
use crate::registers::WINDOW;
use crate::setting::{Rate, Setting};
use core::cell::{Cell, RefCell};
use driver_interfaces::{PwmServer, Wave};
use driver_th1520::pads::{PWM, settings};
use userlib::io::DevresIoMem;
use userlib::ipc::{Answer, Request};
use userlib::runtime::{Core, Device, Driver, StateOf};
use userlib::{Error, ForLt};

/// Channels that there are.
pub const CHANNELS: usize = 6;

/// The device with the registers.
const REGISTERS: &str = "pwm";
/// The auxiliary device with the block's gate and reset.
const BLOCK: &str = "control.pwm";

/// The driver. It lives as long as the task, so it has what its bindings share.
#[derive(Debug, Default)]
pub struct PwmDriver {
    registers: RefCell<Option<DevresIoMem<WINDOW>>>,
    /// The rate of the counters, while the block's clock runs.
    rate: Cell<Option<Rate>>,
    channels: RefCell<[Channel; CHANNELS]>,
}

/// What a binding is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The registers.
    Registers,
    /// The block's clock and reset.
    Block,
    /// A pad at which a channel comes out.
    Pad,
}

impl Driver for PwmDriver {
    type State = ForLt!(Part);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Part, Error> {
        if device.is_named(REGISTERS) {
            let window = device.io_mem::<WINDOW>(0)?;
            self.registers.replace(Some(window.into_devres()?));
            return Ok(Part::Registers);
        }
        if device.is_named(BLOCK) {
            let hertz = driver_th1520::open(device)?;
            let rate = Rate::new(hertz)
                .inspect_err(|_| userlib::log!("the clock's rate is {hertz} Hz: not 1 to 1 GHz"))?;
            // Its reset has stopped all channels.
            self.channels.take();
            self.rate.set(Some(rate));
            userlib::log!("{CHANNELS} channels count with {} Hz", rate.hertz());
            return Ok(Part::Block);
        }
        driver_th1520::connect(device, PWM, settings::STRONGEST)?;
        Ok(Part::Pad)
    }

    fn request<'cap>(
        &self,
        _: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        request: &Request<'_>,
    ) -> Answer {
        // The handle to the driver's state: a server is called with `&mut`.
        Caller(self).dispatch(request)
    }

    fn unbind<'cap>(&self, part: &mut StateOf<'cap, Self>, _: &Device<'cap, Core>) {
        if *part == Part::Block {
            self.rate.set(None);
            self.channels.take();
        }
    }
}

/// One request.
struct Caller<'d>(&'d PwmDriver);

impl Caller<'_> {
    fn channel(&self, channel: u32) -> Result<usize, Error> {
        let channel = channel as usize;
        if channel < CHANNELS {
            Ok(channel)
        } else {
            Err(Error::NotFound)
        }
    }
}

impl PwmServer for Caller<'_> {
    fn set(&mut self, channel: u32, wave: Wave) -> Result<Wave, Error> {
        let number = self.channel(channel)?;
        let rate = self.0.rate.get().ok_or(Error::Unbound)?;
        let wanted = Setting::of(wave, rate)?;
        let registers = self.0.registers.borrow();
        let guard = registers.as_ref().and_then(DevresIoMem::try_access);
        let guard = guard.ok_or(Error::Unbound)?;
        let channels = &mut *self.0.channels.borrow_mut();
        let has = channels[number].set(guard.get(), number, wanted)?;
        Ok(has.wave(rate))
    }

    fn wave(&mut self, channel: u32) -> Result<Wave, Error> {
        let number = self.channel(channel)?;
        let rate = self.0.rate.get().ok_or(Error::Unbound)?;
        let channels = self.0.channels.borrow();
        Ok(channels[number].setting().wave(rate))
    }
}
