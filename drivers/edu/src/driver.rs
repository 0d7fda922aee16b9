//! The driver: what the runtime calls.

use crate::device::Edu;
use driver_interfaces::EduAsyncServer;
use userlib::ipc::{Answer, Request};
use userlib::runtime::{AsyncDriver, Bound, Device};
use userlib::{Error, ForLt};

/// The driver.
#[derive(Debug, Default)]
pub struct EduDriver;

impl AsyncDriver for EduDriver {
    type State = ForLt!(Edu<'_>);
    /// One has the device, the others wait for it.
    const REQUESTS: usize = 4;

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<Edu<'cap>, Error> {
        Edu::new(device)
    }

    fn request<'cap>(
        &self,
        state: &Edu<'cap>,
        _: &Device<'cap, Bound>,
        request: &Request<'_>,
    ) -> impl Future<Output = Answer> {
        state.dispatch(request)
    }
}
