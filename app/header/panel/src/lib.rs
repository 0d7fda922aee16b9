//! A light and a button, on two lines of GPIO that this task has on lease, one by one. The light changes a moment after
//! each edge of the button, and each half second if there is none.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

use core::cell::RefCell;
use driver_interfaces::{AwaitedLine, Line, LineError};
use driver_th1520::pads::{Pad, settings};
use embedded_hal::digital::StatefulOutputPin;
use embedded_hal_async::digital::Wait;
use userlib::future::{Lock, sleep, with_deadline};
use userlib::runtime::{AsyncDriver, Bound, Device};
use userlib::{Error, ForLt};

/// The task with the lines.
const PORT: &str = "gpio1";
/// The auxiliary devices: lines, and their pads. GPIO1_3 and GPIO1_4 are GPIO11 and GPIO12 of the header (U-Boot
/// dts/upstream/src/riscv/thead/th1520-lichee-pi-4a.dts, `gpio-line-names`).
const LIGHT: &str = "gpio1.line3";
const BUTTON: &str = "gpio1.line4";
const LIGHT_PAD: &str = "pins.gpio1-3";
const BUTTON_PAD: &str = "pins.gpio1-4";

/// How long after an edge the light changes, in milliseconds.
const MOMENT: u64 = 10;
/// How long it waits for an edge.
const PATIENCE: u64 = 500;

/// The driver: it has what its bindings share.
#[derive(Debug, Default)]
pub struct PanelDriver {
    light: RefCell<Option<Line>>,
}

/// What a binding is of.
#[derive(Debug)]
pub enum Part<'cap> {
    /// The light.
    Light,
    /// The button.
    Button(Lock<AwaitedLine<'cap>>),
    /// A pad.
    Pad,
}

impl PanelDriver {
    /// Changes the light, if it is there.
    fn change(&self) -> Result<(), LineError> {
        match &mut *self.light.borrow_mut() {
            Some(light) => light.toggle(),
            None => Ok(()),
        }
    }

    /// Changes the light once, and waits for an edge.
    async fn turn(&self, button: &mut AwaitedLine<'_>) -> Result<(), LineError> {
        sleep(MOMENT).await;
        // The button's edge may be the light's own, by a wire: it is awaited before the light changes.
        let mut edge = core::pin::pin!(with_deadline(PATIENCE, button.wait_for_any_edge()));
        let mut changed = false;
        let edge = core::future::poll_fn(|context| {
            let edge = edge.as_mut().poll(context);
            if changed || edge.is_ready() {
                return edge.map(Ok);
            }
            changed = true;
            match self.change() {
                Ok(()) => edge.map(Ok),
                Err(error) => core::task::Poll::Ready(Err(error)),
            }
        });
        match edge.await? {
            Ok(edge) => edge,
            // No edge in this time.
            Err(_) => Ok(()),
        }
    }
}

impl AsyncDriver for PanelDriver {
    type State = ForLt!(Part<'_>);

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<Part<'cap>, Error> {
        if device.is_named(LIGHT) {
            self.light.replace(Some(Line::new(device, PORT)?));
            return Ok(Part::Light);
        }
        if device.is_named(BUTTON) {
            let button = AwaitedLine::new(device, PORT)?;
            return Ok(Part::Button(Lock::new(button)));
        }
        let (line, wanted) = match () {
            () if device.is_named(LIGHT_PAD) => (3, settings::USUAL),
            () if device.is_named(BUTTON_PAD) => (4, settings::INPUT | settings::USUAL),
            () => return Err(Error::Invalid),
        };
        let pad = Pad::of_line(1, line).ok_or(Error::NotFound)?;
        driver_th1520::connect(device, pad.gpio_function(), wanted)?;
        Ok(Part::Pad)
    }

    async fn run<'cap>(&self, part: &Part<'cap>, _: &Device<'cap, Bound>) {
        let Part::Button(button) = part else {
            return;
        };
        let mut button = button.lock().await;
        userlib::log!("light and button");
        loop {
            if let Err(LineError(error)) = self.turn(&mut button).await {
                userlib::log!("waits: {error}");
                sleep(PATIENCE).await;
            }
        }
    }
}
