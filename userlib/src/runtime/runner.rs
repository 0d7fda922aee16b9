//! The loop of a driver task: lease events, requests, notifications.

use super::driver::Driver;
use super::engine::Engine;
#[cfg(target_os = "none")]
use super::tables::StatePlace;
use super::{MAX_BINDINGS, Phase, Slot, Task};
use crate::ipc::{self, Answer, Kept, Request};
use crate::start;
use crate::supervisor;
use crate::sys::{
    self, Error, LeaseEvent, LeaseHandle, Message, Notifications, Received, TaskHandle,
};
use core::task::Poll;

/// What a driver task waits for: peers, interrupts, timer, leases.
const MASK: Notifications = Notifications::TASK.complement();

/// Runs a driver for ever. The states are on the stack; with [`driver!`](crate::driver) they are not.
pub fn run<D: Driver>(driver: &D) -> ! {
    run_engine(
        driver,
        &mut core::array::from_fn::<_, MAX_BINDINGS, _>(|_| None),
    )
}

/// Runs a driver for ever, with its states in a table.
///
/// # Safety
/// The table is in the section that the link script repeats, and nobody else uses it.
#[cfg(target_os = "none")]
#[doc(hidden)]
pub unsafe fn run_in<D: Driver>(driver: &D, states: &'static StatePlace<D>) -> ! {
    // SAFETY: the caller answers for it.
    run_engine(driver, unsafe { states.all() })
}

/// Runs a driver beside a main function, which does the task's own work and steps the driver's loop: `main` is given a
/// function that waits for one event and handles it. So code that blocks, for example a file system of another crate,
/// can wait for a device that comes and goes.
///
/// A callback of the driver must not step: that panics.
pub fn run_beside<D: Driver>(
    driver: &D,
    main: impl FnOnce(&dyn Fn()) -> core::convert::Infallible,
) -> ! {
    let mut states = core::array::from_fn::<_, MAX_BINDINGS, _>(|_| None);
    let runner = core::cell::RefCell::new(Runner::with(driver, &mut states));
    match main(&|| runner.borrow_mut().step_or_bind()) {}
}

/// Runs an engine for ever, with these states.
pub(super) fn run_engine<E: Engine>(engine: E, states: &mut [Option<E::State>]) -> ! {
    let mut runner = Runner::with(engine, states);
    // The compiler keeps it in memory then. In registers it would be loaded and stored at each notification.
    core::hint::black_box(&mut runner.message);
    loop {
        runner.step();
    }
}

/// A driver and the states of its bindings.
///
/// An `E` is a `&D` of a [`Driver`] of callbacks, or the futures of an [`AsyncDriver`](super::AsyncDriver).
pub struct Runner<'d, E: Engine> {
    engine: E,
    task: &'static Task,
    states: &'d mut [Option<E::State>],
    message: Message,
    reply_to: Option<TaskHandle>,
}

impl<'d, E: Engine> Runner<'d, E> {
    /// Nothing bound; the task does not serve yet.
    ///
    /// # Panics
    /// When the task has another one: a binding is ended by the one that began it.
    #[cfg(not(target_os = "none"))]
    pub fn new(engine: E) -> Self
    where
        E: 'd,
        E::State: 'd,
    {
        // SAFETY: kept for ever, and used by nobody else.
        let states =
            unsafe { &mut *sys::keep(core::array::from_fn::<_, MAX_BINDINGS, _>(|_| None)) };
        Self::with(engine, states)
    }

    /// The same, with room for its states.
    fn with(engine: E, states: &'d mut [Option<E::State>]) -> Self {
        let task = Task::current();
        if task.running.replace(true) {
            start::end("one driver loop a task");
        }
        task.begin();
        task.serve(E::SERVES_UNBOUND);
        task.lease_events.set(true);
        Self {
            engine,
            task,
            states,
            message: Message::EMPTY,
            reply_to: None,
        }
    }

    /// Handles what the leases say, then waits for one message or notification and handles that.
    pub fn step(&mut self) {
        if self.leases() && self.task.lease_events.get() {
            // While one binding ended, the task may have received the notification of another event.
            return;
        }
        if E::FUTURES {
            // A runtime of futures has all replies itself.
            self.turns();
            if let Some(client) = self.engine.rest(&mut self.message) {
                self.reply_to = Some(client);
            }
        } else if self.task.owed.is_any() {
            self.answer_forgotten();
        }
        if E::KEEPS_REPLIES && self.bound() == 0 {
            match self.engine.deadline_unbound() {
                // The own timer can always be set.
                Some(deadline) => _ = sys::set_timer(deadline, Notifications::TIMER),
                None => sys::cancel_timer(),
            }
        }
        let received = match self.reply_to.take() {
            Some(client) => {
                self.task.soon.do_all();
                sys::reply_receive(client, MASK, &mut self.message)
            }
            None => {
                let (before, peers) = self.task.soon.take();
                sys::receive_after(before, peers, MASK, &mut self.message)
            }
        };
        match received {
            Ok(Received::Message(client)) => self.request(client),
            Ok(Received::Notified(came)) => self.notified(came),
            Err(error) => start::end_with("receive: ", error),
        }
    }

    /// Handles what the leases say; whether there was anything.
    fn leases(&mut self) -> bool {
        if !self.task.lease_events.replace(false) {
            return false;
        }
        while let Some((event, lease)) = sys::lease_event() {
            match event {
                LeaseEvent::Offered => self.offered(lease),
                LeaseEvent::Ending => self.ending(lease),
            }
        }
        true
    }

    /// As [`Runner::step`], but it does not wait when a binding may have begun or ended: that too is an event for
    /// whoever steps.
    fn step_or_bind(&mut self) {
        if !self.leases() {
            self.step();
        }
    }

    /// How many devices are bound.
    pub fn bound(&self) -> usize {
        self.states.iter().flatten().count()
    }

    fn offered(&mut self, lease: LeaseHandle) {
        let Ok(info) = sys::lease_info(lease) else {
            return;
        };
        let mut slots = self.task.slots().iter().enumerate();
        let free = slots.find(|(_, slot)| slot.phase.get() == Phase::Free);
        let Some((index, slot)) = free else {
            give_back(lease, Error::Busy);
            return;
        };
        slot.begin(index as u8, lease, info.label, info.id);
        // There is one for each slot. Looked up before, so that no path has to drop a state that finds no place.
        let Some(place) = self.states.get_mut(index) else {
            return;
        };
        let device = slot.device(index);
        match self.engine.probe(&device) {
            Ok(state) => {
                *place = Some(state);
                if self.engine.serves(&device) {
                    self.task.serve(true);
                }
            }
            Err(error) => self.refuse(index, error),
        }
    }

    /// Gives back a device that the driver cannot use.
    fn refuse(&mut self, index: usize, error: Error) {
        let (Some(slot), Some(place)) = (self.task.slots().get(index), self.states.get_mut(index))
        else {
            return;
        };
        slot.phase.set(Phase::Ending);
        if E::FUTURES {
            *place = None;
            self.engine.ended(index as u8);
        }
        // Before the lease is released: the supervisor looks at it.
        let is_told = error == Error::Busy
            && slot
                .busy
                .get()
                .is_some_and(|grant| report_busy(slot.lease.get(), grant));
        slot.end(self.task, index as u8);
        if !is_told {
            crate::log!("probe failed: {error}");
        }
    }

    /// Polls what was woken, and once more what that woke: one that waited for a lock, for example. What is still woken
    /// then is polled after the next receive, so that a future that always wakes itself cannot keep the task from its
    /// leases.
    fn turns(&mut self) {
        for _ in 0..2 {
            for index in 0..self.states.len() {
                if self.engine.is_woken(index as u8)
                    && let Some(Some(state)) = self.states.get_mut(index)
                    && let Poll::Ready(error) = self.engine.turn(state, index as u8)
                {
                    self.refuse(index, error);
                }
            }
        }
    }

    fn ending(&mut self, lease: LeaseHandle) {
        let bound = |slot: &Slot| slot.phase.get() == Phase::Bound && slot.lease.get() == lease;
        let Some(index) = self.task.slots().iter().position(bound) else {
            // Revoked before it was ever seen here; `Revoked` when it is over already.
            let _ = sys::lease_release(lease);
            return;
        };
        self.unbind(index);
    }

    /// Ends the binding in a slot, if there is one.
    fn unbind(&mut self, index: usize) {
        let slot = match self.task.slots().get(index) {
            Some(slot) if slot.phase.get() == Phase::Bound => slot,
            _ => return,
        };
        let mut others = self.states.iter().zip(self.task.slots()).enumerate();
        let serves = |(other, (state, slot)): (usize, (&Option<E::State>, &Slot))| {
            other != index && state.is_some() && self.engine.serves(&slot.device(other))
        };
        if !E::KEEPS_REPLIES && !others.any(serves) {
            self.task.serve(false);
        }
        slot.phase.set(Phase::Ending);
        /// Drops a state where it is, also when a callback panics.
        struct Ends<'s, S>(&'s mut Option<S>);
        impl<S> Drop for Ends<'_, S> {
            fn drop(&mut self) {
                *self.0 = None;
            }
        }
        let Some(state) = self.states.get_mut(index) else {
            return;
        };
        let ends = Ends(state);
        if let Some(state) = &mut *ends.0 {
            self.engine.unbind(state, &slot.device(index));
        }
        drop(ends);
        self.engine.ended(index as u8);
        slot.end(self.task, index as u8);
        if E::SERVES_UNBOUND && !E::KEEPS_REPLIES {
            self.task.serve(true);
        }
    }

    fn request(&mut self, client: TaskHandle) {
        let request = Request::new(client, &self.message);
        let before = self.task.owed.last();
        let wanted = ipc::instance(self.message.tag);
        let bound = self
            .states
            .iter_mut()
            .zip(self.task.slots())
            .enumerate()
            .filter_map(|(index, (state, slot))| Some((slot.device(index), state.as_mut()?)))
            .filter(|(device, _)| self.engine.serves(device));
        let answer = match bound.into_iter().nth(wanted) {
            Some((device, state)) => self.engine.request(state, &device, &request),
            None => self.engine.request_unbound(&request),
        };
        match answer {
            Answer::Reply(reply) => {
                self.message = reply;
                self.reply_to = Some(client);
                self.task.owed.answered(client);
            }
            // The driver answered `Later` but made no `Deferred`, so nobody can reply.
            Answer::Later if !E::FUTURES && self.task.owed.last() == before => {
                reply_forgotten(client);
            }
            Answer::Later => {}
        }
    }

    /// Answers the clients whose replies nobody has any more.
    #[cold]
    fn answer_forgotten(&self) {
        let mut kept = Kept::new(&self.task.owed);
        self.engine.replies(self.states, &mut kept);
        for client in self.task.owed.take_forgotten(&kept) {
            if let Ok(info) = sys::task_info(client) {
                reply_forgotten(info.handle);
            }
        }
    }

    fn notified(&mut self, came: Notifications) {
        // A driver mostly waits for an interrupt.
        if came & Notifications::INTERRUPTS != came {
            if came.contains(Notifications::CRASH) {
                start::end("the supervisor asked for a crash");
            }
            if came.contains(Notifications::LEASE) {
                self.task.lease_events.set(true);
            }
        }
        self.engine.notified(self.states, came);
    }
}

impl<E: Engine> Drop for Runner<'_, E> {
    /// Ends all bindings.
    fn drop(&mut self) {
        for index in 0..self.states.len() {
            self.unbind(index);
        }
        self.task.running.set(false);
    }
}

impl<E: Engine> core::fmt::Debug for Runner<'_, E> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("Runner")
            .field("bound", &self.bound())
            .finish_non_exhaustive()
    }
}

/// Answers a call that nobody else will answer. `Dead`: the client has gone, and a later life of it is in no call.
fn reply_forgotten(client: TaskHandle) {
    if let Answer::Reply(message) = Answer::error(Error::Unbound)
        && sys::reply(client, &message).is_ok()
    {
        crate::log!("no reply is left for task {}", client.index());
    }
}

/// Releases a lease that the task cannot use.
fn give_back(lease: LeaseHandle, error: Error) {
    let _ = sys::lease_release(lease);
    crate::log!("cannot bind: {error}");
}

/// Has the log say who has a grant that could not be claimed; whether that worked.
fn report_busy(lease: LeaseHandle, grant: u32) -> bool {
    supervisor::connect()
        .and_then(|mut supervisor| supervisor.report_busy(lease, grant))
        .is_ok()
}
