//! The TH1520's pads of the groups 2 and 3: a parent of many.
//!
//! Each pad that the manifest names in `offers`, by its line of GPIO (`gpio3-3`), is an auxiliary device. Who has it on
//! lease may give the pad one of its functions. When that lease ends, the pad is an input without a pull: its line of
//! GPIO, which nobody drives then. Eight pads share a register, so only this driver writes them.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

use driver_interfaces::PadsServer;
use driver_th1520::Parts;
use driver_th1520::pads::{Field, Group, I2C, PWM, Pad, settings};
use userlib::io::{IoMem, Window};
use userlib::ipc::{Answer, Request};
use userlib::runtime::{Bound, Core, Device, Driver, Events, StateOf};
use userlib::supervisor::LET_GO;
use userlib::sys::TaskHandle;
use userlib::{Error, ForLt};

/// Bytes of the registers of a group.
const WINDOW: usize = 0x1000;

/// The registers of the pads.
#[derive(Debug)]
struct Registers<'cap> {
    two: IoMem<'cap, WINDOW>,
    three: IoMem<'cap, WINDOW>,
}

impl<'cap> Registers<'cap> {
    fn new(device: &Device<'cap, Bound>) -> Result<Self, Error> {
        Ok(Self {
            two: device.io_mem("group2")?,
            three: device.io_mem("group3")?,
        })
    }

    fn of(&self, pad: Pad) -> &Window<'cap, WINDOW> {
        match pad.group {
            Group::Two => &self.two,
            Group::Three => &self.three,
        }
    }

    /// Makes a pad an input that nothing pulls.
    fn rest(&self, pad: Pad) {
        let window = self.of(pad);
        // The window may have gone with the lease.
        let _ = write(window, pad.function(), pad.gpio_function());
        let _ = write(window, pad.settings(), settings::INPUT | settings::USUAL);
    }

    fn connect(&self, pad: Pad, function: u32, settings: u32) -> Result<(), Error> {
        let window = self.of(pad);
        // The settings first: the function may begin to drive the pad.
        write(window, pad.settings(), settings)?;
        write(window, pad.function(), function)
    }
}

fn write(window: &Window<'_, WINDOW>, field: Field, value: u32) -> Result<(), Error> {
    let old = window.try_read32(field.offset)?;
    let new = field.with(old, value);
    window.try_write32(field.offset, new)?;
    let kept = window.try_read32(field.offset)?;
    if field.with(kept, value) == kept {
        Ok(())
    } else {
        Err(Error::NoDevice)
    }
}

/// The pads while they are bound.
#[derive(Debug)]
pub struct Pins<'cap> {
    parts: Parts<'cap, Pad>,
    registers: Registers<'cap>,
}

impl Pins<'_> {
    fn close_ended(&mut self) {
        while let Some(pad) = self.parts.let_go() {
            self.registers.rest(pad);
            userlib::log!("{} is an input", pad.name());
        }
    }
}

impl Drop for Pins<'_> {
    fn drop(&mut self) {
        while let Some(pad) = self.parts.end_one() {
            self.registers.rest(pad);
        }
    }
}

/// One request: who asks, of whom.
struct Caller<'s, 'cap> {
    pins: &'s mut Pins<'cap>,
    client: TaskHandle,
}

impl PadsServer for Caller<'_, '_> {
    fn connect_pad(&mut self, pad: u32, function: u32, settings: u32) -> Result<(), Error> {
        let pins = &mut *self.pins;
        pins.close_ended();
        let granted = pins.parts.granted(pad, self.client)?;
        let pad = granted.what;
        let known = function == pad.gpio_function()
            || function == PWM && pad.has_pwm()
            || function == I2C && pad.has_i2c();
        if !known || settings & !settings::ALL != 0 {
            return Err(Error::Invalid);
        }
        pins.registers.connect(pad, function, settings)?;
        pins.parts.turned_on(&granted);
        Ok(())
    }
}

/// The driver.
#[derive(Debug, Default)]
pub struct PinsDriver;

impl Driver for PinsDriver {
    type State = ForLt!(Pins<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Pins<'cap>, Error> {
        let registers = Registers::new(device)?;
        let parts = Parts::offer(device, Pad::all().map(|pad| (pad.name(), pad)))?;
        // What an earlier life of this task may have left connected.
        for part in parts.iter() {
            registers.rest(part.what());
        }
        userlib::log!("bound pads, {} on offer", parts.len() as u32);
        Ok(Pins { parts, registers })
    }

    fn request<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        request: &Request<'_>,
    ) -> Answer {
        let client = request.client();
        Caller {
            pins: state,
            client,
        }
        .dispatch(request)
    }

    fn notified<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        events: Events,
    ) {
        if events.from_peer(LET_GO) {
            state.close_ended();
        }
    }
}

#[cfg(test)]
mod tests;
