//! One binding as one future.

use super::super::{Bound, Device, Task};
use super::Reactor;
use super::driver::AsyncDriver;
use super::parts::{LOOP, Parts, Pieces};
use super::reactor::REQUEST;
use super::reply::Reply;
use crate::ipc::Request;
use crate::sys::{Error, Message};

/// The life of a binding: the probe, then the driver's loop and its requests. It ends only by an error of the probe.
///
/// The driver's functions are called with `'static` for `'cap`, as its callbacks are. They are generic, so they cannot
/// tell, and what they return lies in this future, which the runtime drops before it ends the binding.
///
/// Here and below are blocks, not `async` functions: a function's future has room for each argument twice.
#[doc(hidden)]
#[allow(clippy::manual_async_fn, reason = "the future would be larger")]
pub fn binding<D: AsyncDriver, const REQUESTS: usize>(
    driver: &D,
    device: Device<'static, Bound>,
) -> impl Future<Output = Error> {
    const {
        assert!(
            REQUESTS == D::REQUESTS && REQUESTS < REQUEST as usize,
            "at most 30 requests at once"
        );
    }
    async move {
        let (reactor, slot) = (Reactor::current(), device.slot_index());
        // The probe ends here: its room is that of the parts.
        let probed = driver.probe(&device).await;
        let state = match probed {
            Ok(state) => state,
            Err(error) => return error,
        };
        reactor.wake(slot, LOOP);
        device.slot().serves.set(true);
        Task::current().serve(true);
        let (state, device) = (&state, &device);
        let serve = |message: Message, reply: Reply| async move {
            let request = Request::of_call(reply.client(), &message, reply.call());
            let answer = driver.request(state, device, &request).await;
            reply.send(answer);
        };
        let pieces: Pieces<_, _, REQUESTS> = Pieces::new(driver.run(state, device));
        match Parts::new(slot, serve, pieces).await {}
    }
}
