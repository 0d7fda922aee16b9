//! Futures in the runner's loop.

use super::super::engine::{Engine, sealed};
use super::super::{Bound, Core, Device, Task};
use super::parts::LOOP;
use super::reactor::{Incoming, waker};
use super::reply::Reply;
use super::{AsyncDriver, Reactor, binding};
use crate::ipc::{Answer, Request};
use crate::sys::{Error, Message, Notifications, TaskHandle};
use crate::timer::TimerState;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};

/// Makes the future of a binding, and polls it.
pub(crate) struct Futures<M, F> {
    make: M,
    future: PhantomData<fn() -> F>,
}

impl<M, F> Futures<M, F>
where
    M: Fn(Device<'static, Bound>) -> F,
    F: Future<Output = Error>,
{
    /// Bindings that `make` makes. It gets devices for `'static`, so it is to be [`binding`](super::binding()).
    pub(super) const fn new(make: M) -> Self {
        Self {
            make,
            future: PhantomData,
        }
    }
}

impl<M, F> sealed::Sealed for Futures<M, F> {}

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
        device.slot().timer.set(TimerState::Idle);
        device.slot().serves.set(false);
        Reactor::current().wake(device.slot_index(), LOOP);
        Ok((self.make)(device.bound()))
    }

    fn serves(&self, device: &Device<'static, Core>) -> bool {
        device.slot().serves.get()
    }

    #[inline]
    fn is_woken(&self, slot: u8) -> bool {
        Reactor::current().is_woken(slot)
    }

    #[inline]
    fn turn(&self, state: &mut F, slot: u8) -> Poll<Error> {
        Reactor::current().begin_turn(slot);
        // SAFETY: the runner drops a state where it is, and never moves one that had a turn.
        let state = unsafe { Pin::new_unchecked(state) };
        state.poll(&mut Context::from_waker(&waker(slot, LOOP)))
    }

    fn request(&self, _: &mut F, device: &Device<'static, Core>, request: &Request<'_>) -> Answer {
        let reply = Reply::new(request.client());
        let slot = device.slot_index();
        Reactor::current().hand_over(Incoming { slot, reply }, request.message());
        Answer::Later
    }

    fn notified(&self, _: &mut [Option<F>], came: Notifications) {
        Reactor::current().notified(came);
    }

    fn rest(&self, message: &mut Message) -> Option<TaskHandle> {
        let reactor = Reactor::current();
        Task::current().hold(reactor.is_full());
        reactor.set_timer();
        reactor.take_reply(message)
    }

    fn ended(&self, slot: u8) {
        Reactor::current().end(slot, Task::current().bits_but(slot));
    }
}

/// The engine of an asynchronous driver.
#[doc(hidden)]
pub fn async_engine<D: AsyncDriver, const REQUESTS: usize>(driver: &D) -> impl Engine {
    Futures::new(|device| binding::<D, REQUESTS>(driver, device))
}

/// Runs an asynchronous driver for ever, with its futures in a table.
///
/// # Safety
/// `make` is [`binding`](super::binding()) of that driver. `places` is in the section that the link script repeats, and
/// nobody else uses it.
#[cfg(target_os = "none")]
#[doc(hidden)]
pub unsafe fn run_futures_in<'d, D, F, const SIZE: usize>(
    driver: &'d D,
    make: impl Fn(&'d D, Device<'static, Bound>) -> F,
    places: &'static super::super::FuturePlace<SIZE>,
) -> !
where
    F: Future<Output = Error>,
{
    Reactor::begin();
    // SAFETY: the caller answers for it.
    let states = unsafe { places.all::<F>() };
    super::super::runner::run_engine(Futures::new(|device| make(driver, device)), states)
}
