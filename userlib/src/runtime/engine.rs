//! What a runner's loop does with the bindings of a task: it calls back, or it polls futures.

use super::driver::{Driver, StateOf};
use super::{Core, Device, Events, Task};
use crate::ipc::{Answer, Kept, Request};
use crate::sys::{self, Error, Message, Notifications, TaskHandle};
use crate::timer;
use core::task::Poll;

/// How the bindings of a task run.
///
/// A state stays in its place from the first [`Engine::turn`] until it is dropped there.
///
/// Sealed: it gets devices for `'static`. Only for functions that are generic in the lifetime is that the binding's.
#[doc(hidden)]
pub trait Engine: sealed::Sealed {
    /// Of one binding.
    type State;
    /// Whether the task answers calls without a device.
    const SERVES_UNBOUND: bool;
    /// Whether replies that no state has outlast a binding.
    const KEEPS_REPLIES: bool = false;
    /// Whether states are to be polled.
    const FUTURES: bool = false;

    /// Takes a device into use.
    ///
    /// # Errors
    /// Why it cannot be used.
    fn probe(&self, device: &Device<'static, Core>) -> Result<Self::State, Error>;

    /// Serves a request, or takes it in for the next [`Engine::turn`].
    fn request(
        &self,
        state: &mut Self::State,
        device: &Device<'static, Core>,
        request: &Request<'_>,
    ) -> Answer;

    /// Serves a request without a device.
    fn request_unbound(&self, request: &Request<'_>) -> Answer {
        let _ = request;
        Answer::error(Error::Unbound)
    }

    /// Shows the replies that are kept for later.
    fn replies(&self, states: &[Option<Self::State>], kept: &mut Kept<'_>) {
        let _ = (states, kept);
    }

    /// Notifications came.
    fn notified(&self, states: &mut [Option<Self::State>], came: Notifications);

    /// The task is about to wait without a device: when it is to be woken.
    fn deadline_unbound(&self) -> Option<u64> {
        None
    }

    /// The binding is ending: the state is dropped next.
    fn unbind(&self, state: &mut Self::State, device: &Device<'static, Core>) {
        let _ = (state, device);
    }

    /// The state was dropped.
    fn ended(&self, slot: u8) {
        let _ = slot;
    }

    /// Whether a bound device serves.
    fn serves(&self, device: &Device<'static, Core>) -> bool {
        let _ = device;
        true
    }

    /// Whether the binding in a slot is to be polled.
    fn is_woken(&self, slot: u8) -> bool {
        let _ = slot;
        false
    }

    /// Polls the one in a slot. It is ready when it cannot use its device.
    fn turn(&self, state: &mut Self::State, slot: u8) -> Poll<Error> {
        let _ = (state, slot);
        Poll::Pending
    }

    /// The task is about to wait: who is replied to, if a turn had the reply to the call that was received last. It is
    /// put into `message`.
    fn rest(&self, message: &mut Message) -> Option<TaskHandle> {
        let _ = message;
        None
    }
}

pub(super) mod sealed {
    pub trait Sealed {}
    impl<D: super::Driver> Sealed for &D {}
}

/// Callbacks.
impl<D: Driver> Engine for &D {
    type State = StateOf<'static, D>;
    const SERVES_UNBOUND: bool = D::SERVES_UNBOUND;
    const KEEPS_REPLIES: bool = {
        assert!(
            D::SERVES_UNBOUND || !D::KEEPS_REPLIES,
            "a driver that keeps replies answers calls without a device"
        );
        D::KEEPS_REPLIES
    };

    fn deadline_unbound(&self) -> Option<u64> {
        (*self).deadline_unbound()
    }

    fn probe(&self, device: &Device<'static, Core>) -> Result<Self::State, Error> {
        (*self).probe(device)
    }

    fn request(
        &self,
        state: &mut Self::State,
        device: &Device<'static, Core>,
        request: &Request<'_>,
    ) -> Answer {
        (*self).request(state, device, request)
    }

    fn request_unbound(&self, request: &Request<'_>) -> Answer {
        (*self).request_unbound(request)
    }

    fn replies(&self, states: &[Option<Self::State>], kept: &mut Kept<'_>) {
        for state in states.iter().flatten() {
            (*self).replies(state, kept);
        }
        (*self).replies_unbound(kept);
    }

    fn unbind(&self, state: &mut Self::State, device: &Device<'static, Core>) {
        (*self).unbind(state, device);
    }

    fn notified(&self, states: &mut [Option<Self::State>], came: Notifications) {
        let task = Task::current();
        let time = came.contains(Notifications::TIMER).then(sys::time);
        for (index, (state, slot)) in states.iter_mut().zip(task.slots()).enumerate() {
            let Some(state) = state else { continue };
            let device = slot.device(index);
            let interrupts = came & task.bits_of(index as u8);
            if !interrupts.is_empty() {
                (*self).interrupt(state, &device, Events::new(interrupts));
            }
            let mut others = came & Notifications::PEERS;
            let due = |now| timer::take_due(&slot.timer, now);
            others.set(Notifications::TIMER, time.is_some_and(due));
            if !others.is_empty() {
                (*self).notified(state, &device, Events::new(others));
            }
        }
        // The kernel's timer has gone off, and bindings whose time has not come need it again.
        if time.is_some()
            && let Some(set_timer) = task.sets_timer.get()
        {
            set_timer(task);
        }
        if D::KEEPS_REPLIES && states.iter().all(Option::is_none) {
            let mut others = came & Notifications::PEERS;
            others.set(Notifications::TIMER, time.is_some());
            if !others.is_empty() {
                (*self).notified_unbound(Events::new(others));
            }
        }
    }
}
