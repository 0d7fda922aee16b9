//! Shows tasks and leases on a display, as they change.
//!
//! It is the child of a display driver. What the picture shows lies in its own memory; so when the driver
//! dies and comes back, the whole picture is painted again on the new frame buffer.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod card;
mod lines;
mod paint;
mod system;

use crate::lines::Lines;
use class_display::DisplayFamily;
use core::cell::{Cell, RefCell};
use driver_interfaces::ScreenAsyncServer;
use userlib::future::sleep;
use userlib::ipc::{Answer, Request};
use userlib::runtime::{AsyncDriver, Bound, Device};
use userlib::supervisor::{self, SupervisorClient};
use userlib::{Error, ForLt};

/// Between two looks at the system, in milliseconds.
const STEP: u64 = 200;

/// A display while it is there.
#[derive(Debug)]
pub struct State {
    supervisor: RefCell<SupervisorClient>,
    /// What the picture shows.
    shown: RefCell<Lines>,
}

/// The driver.
#[derive(Debug, Default)]
pub struct ScreenDriver {
    /// Whether the test card is to be seen, on whichever display.
    card: Cell<bool>,
}

/// Answers for a display.
struct Answers<'a, 'cap>(&'a ScreenDriver, &'a State, &'a Device<'cap, Bound>);

impl State {
    /// Paints what has changed since the last time; gives the bytes of the frame buffer.
    fn refresh(&self, device: &Device<'_, Bound>, card: bool) -> Result<u32, Error> {
        let painted = device.registration_data_with::<DisplayFamily, _>(|display| {
            let mut canvas = display.canvas().inspect_err(|fault| {
                userlib::log!("the driver's display is not used: {fault}");
            })?;
            let mut shown = self.shown.borrow_mut();
            if card {
                shown.forget();
                card::paint(&mut canvas)?;
            } else {
                let mut supervisor = self.supervisor.borrow_mut();
                system::show(&mut supervisor, &mut shown, &mut canvas)?;
            }
            Ok(canvas.bytes() as u32)
        });
        if painted == Err(Error::Invalid) {
            userlib::log!("the driver's display is not used: it is of another type");
        }
        painted?
    }
}

impl ScreenAsyncServer for Answers<'_, '_> {
    async fn repaint(self) -> Result<u32, Error> {
        self.0.card.set(false);
        self.1.shown.borrow_mut().forget();
        self.1.refresh(self.2, false)
    }

    async fn card(self) -> Result<u32, Error> {
        self.0.card.set(true);
        self.1.refresh(self.2, true)
    }
}

impl AsyncDriver for ScreenDriver {
    type State = ForLt!(State);

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<State, Error> {
        let state = State {
            supervisor: RefCell::new(supervisor::connect()?),
            shown: RefCell::default(),
        };
        let bytes = state.refresh(device, self.card.get())?;
        userlib::log!("bound, {bytes} bytes of pixels");
        Ok(state)
    }

    async fn request<'cap>(
        &self,
        state: &State,
        device: &Device<'cap, Bound>,
        request: &Request<'_>,
    ) -> Answer {
        Answers(self, state, device).dispatch(request).await
    }

    async fn run<'cap>(&self, state: &State, device: &Device<'cap, Bound>) {
        loop {
            sleep(STEP).await;
            // The test card is painted once. An error here is the end of the lease, which the runtime hears of.
            if !self.card.get() && state.refresh(device, false).is_err() {
                return;
            }
        }
    }
}
