//! One binding as one future.

use super::super::{Bound, Device};
use super::driver::AsyncDriver;
use super::parts::{Parts, Pieces};
use super::reactor::Incoming;
use super::reply::Reply;
use crate::ipc::Request;
use crate::sys::Error;

/// The life of a binding: the probe, then the driver's loop and its requests. It ends only by an error of the probe.
///
/// The driver's functions are called with `'static` for `'cap`, as its callbacks are. They are generic, so they cannot
/// tell, and what they return lies in this future, which the runtime drops before it ends the binding.
#[doc(hidden)]
pub async fn binding<D: AsyncDriver, const REQUESTS: usize>(
    driver: &D,
    device: Device<'static, Bound>,
) -> Error {
    const {
        assert!(
            REQUESTS == D::REQUESTS && REQUESTS < 32,
            "at most 31 requests at once"
        );
    }
    let state = match driver.probe(&device).await {
        Ok(state) => state,
        Err(error) => return error,
    };
    device.slot().serves.set(true);
    let serve = |incoming: Incoming| serve(driver, &state, &device, incoming);
    let pieces: Pieces<_, _, REQUESTS> = Pieces::new(driver.run(&state, &device));
    match Parts::new(device.slot_index(), serve, pieces).await {}
}

/// Serves one request.
async fn serve<D: AsyncDriver>(
    driver: &D,
    state: &super::AsyncStateOf<'static, D>,
    device: &Device<'static, Bound>,
    incoming: Incoming,
) {
    let reply = Reply::new(incoming.client, incoming.call);
    let request = Request::of_call(incoming.client, &incoming.message, incoming.call);
    reply.send(driver.request(state, device, &request).await);
}
