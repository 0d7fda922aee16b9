//! One binding as one future.

use super::super::{Bound, Device, Task};
use super::Reactor;
use super::driver::AsyncDriver;
use super::parts::{LOOP, Parts, Pieces, REQUEST};
use super::reactor::Incoming;
use crate::ipc::Request;
use crate::sys::Error;
use core::future::poll_fn;
use core::pin::pin;

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
            REQUESTS == D::REQUESTS && REQUESTS < REQUEST as usize,
            "at most 30 requests at once"
        );
    }
    let (reactor, slot) = (Reactor::current(), device.slot_index());
    let woken = reactor.binding(slot);
    let mut probe = pin!(driver.probe(&device));
    let probed = poll_fn(|context| {
        woken.begin_poll();
        probe.as_mut().poll(context)
    });
    let state = match probed.await {
        Ok(state) => state,
        Err(error) => return error,
    };
    reactor.wake(slot, LOOP);
    device.slot().serves.set(true);
    Task::current().serve(true);
    let serve = |incoming: Incoming| serve(driver, &state, &device, incoming);
    let pieces: Pieces<_, _, REQUESTS> = Pieces::new(driver.run(&state, &device));
    match Parts::new(slot, serve, pieces).await {}
}

/// Serves one request.
async fn serve<D: AsyncDriver>(
    driver: &D,
    state: &super::AsyncStateOf<'static, D>,
    device: &Device<'static, Bound>,
    incoming: Incoming,
) {
    let Incoming { message, reply, .. } = incoming;
    let request = Request::of_call(reply.client(), &message, reply.call());
    reply.send(driver.request(state, device, &request).await);
}
