//! The driver: what the runtime calls, and what its clients call.

use crate::device::Hardware;
use driver_interfaces::EduAsyncServer;
use userlib::auxiliary::Registration;
use userlib::future::Lock;
use userlib::ipc::{Answer, Request};
use userlib::runtime::{AsyncDriver, Bound, Device};
use userlib::{CovariantForLt, Error, ForLt};

/// Name of the auxiliary device, after the task's own and a dot.
const DISPLAY: &str = "display";

/// The family of the auxiliary device's payload.
type DisplayFamily = CovariantForLt!(());

/// The device while it is bound. One request at a time has it; the others wait in the kernel.
#[derive(Debug)]
pub struct Edu<'cap> {
    /// A display driver could bind to this, as one binds to a graphics card's. Such a child needs to know only that the
    /// device is there, so the payload is empty.
    _display: Registration<'cap, DisplayFamily>,
    hardware: Lock<Hardware<'cap>>,
}

/// The driver.
#[derive(Debug, Default)]
pub struct EduDriver;

impl AsyncDriver for EduDriver {
    type State = ForLt!(Edu<'_>);

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<Edu<'cap>, Error> {
        let hardware = Lock::new(Hardware::new(device)?);
        // Last, so that an offered device already works.
        let region = device.lend_region(0, 0)?;
        let display = Registration::new(device, &region, DISPLAY, 0, ())?;
        Ok(Edu {
            _display: display,
            hardware,
        })
    }

    async fn request<'cap>(
        &self,
        state: &Edu<'cap>,
        _: &Device<'cap, Bound>,
        request: &Request<'_>,
    ) -> Answer {
        state.hardware.lock().await.dispatch(request).await
    }
}
