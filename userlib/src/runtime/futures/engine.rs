//! Futures in the runner's loop.

use super::super::engine::{Engine, Turn};
use super::super::{Bound, Core, Device, Task};
use super::Reactor;
use super::parts::LOOP;
use super::reactor::{Incoming, waker};
use crate::ipc::{Answer, Request};
use crate::sys::{Error, Notifications};
use crate::timer::Setting;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};

/// Makes the future of a binding, and polls it.
pub struct Futures<M, F> {
    make: M,
    future: PhantomData<fn() -> F>,
}

impl<M, F> Futures<M, F>
where
    M: Fn(Device<'static, Bound>) -> F,
    F: Future<Output = Error>,
{
    /// Bindings that `make` makes.
    pub const fn new(make: M) -> Self {
        Self {
            make,
            future: PhantomData,
        }
    }
}

impl<M, F> Engine for Futures<M, F>
where
    M: Fn(Device<'static, Bound>) -> F,
    F: Future<Output = Error>,
{
    type State = F;
    const SERVES_UNBOUND: bool = false;
    const FUTURES: bool = true;

    fn probe(&self, device: &Device<'static, Core>) -> Result<F, Error> {
        // The task's timer is the reactor's: there is none for callbacks.
        device.slot().timer.set(Setting::Idle);
        device.slot().serves.set(false);
        Reactor::current().wake(device.slot_index(), LOOP);
        Ok((self.make)(device.bound()))
    }

    fn serves(&self, device: &Device<'static, Core>) -> bool {
        device.slot().serves.get()
    }

    fn woken(&self) -> u32 {
        Reactor::current().take_bindings()
    }

    fn turn(&self, state: &mut F, device: &Device<'static, Core>) -> Turn {
        let slot = device.slot_index();
        Reactor::current().begin_poll(slot);
        let before = device.slot().serves.get();
        // SAFETY: the runner drops a state where it is, and never moves one that had a turn.
        let state = unsafe { Pin::new_unchecked(state) };
        let waker = waker(slot, LOOP);
        match state.poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(error) => Turn::Failed(error),
            Poll::Pending if device.slot().serves.get() != before => Turn::Probed,
            Poll::Pending => Turn::Goes,
        }
    }

    fn request(
        &self,
        state: &mut F,
        device: &Device<'static, Core>,
        request: &Request<'_>,
    ) -> Answer {
        let reactor = Reactor::current();
        let client = request.client();
        let call = Task::current().owed.begin(client);
        let message = *request.message();
        reactor.incoming.set(Some(Incoming {
            client,
            call,
            message,
        }));
        reactor.direct.set(Some(call));
        let _ = self.turn(state, device);
        reactor.direct.set(None);
        reactor.outgoing.take().map_or(Answer::Later, Answer::Reply)
    }

    fn notified(&self, _: &mut [Option<F>], came: Notifications) {
        Reactor::current().notified(came);
    }

    fn rest(&self) {
        let reactor = Reactor::current();
        Task::current().hold(reactor.is_full());
        reactor.set_timer();
    }

    fn ended(&self, slot: u8) {
        Reactor::current().end(slot, Task::current().bits_but(slot));
    }
}

/// Runs an asynchronous driver for ever, with its futures in a table.
#[cfg(target_os = "none")]
#[doc(hidden)]
pub fn run_futures_in<'d, D, F, const SIZE: usize>(
    driver: &'d D,
    make: impl Fn(&'d D, Device<'static, Bound>) -> F,
    places: &'static super::super::FuturePlace<SIZE>,
) -> !
where
    F: Future<Output = Error>,
{
    // SAFETY: `driver!` puts it into the section that the link script repeats, and gives it to nobody else.
    let states = unsafe { places.all::<F>() };
    super::super::runner::run_engine(Futures::new(|device| make(driver, device)), states)
}
