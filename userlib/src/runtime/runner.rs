//! The loop of a driver task: lease events, requests, notifications.

use super::driver::{Driver, StateOf};
#[cfg(target_os = "none")]
use super::tables::StatePlace;
use super::{Core, Device, Events, MAX_BINDINGS, Phase, Task};
use crate::ipc::{self, Answer, Kept, Request};
use crate::supervisor::{NAME, SupervisorClient};
use crate::sys::{
    self, Error, LeaseEvent, LeaseHandle, Message, Notifications, Received, TaskHandle,
};
use crate::timer;

/// What a driver task waits for: peers, interrupts, timer, leases.
const MASK: Notifications = Notifications::TASK.complement();

/// Runs a driver for ever. The states are on the stack; with [`driver!`](crate::driver) they are not.
pub fn run<D: Driver>(driver: &D) -> ! {
    run_with(
        driver,
        &mut core::array::from_fn::<_, MAX_BINDINGS, _>(|_| None),
    )
}

/// Runs a driver for ever, with its states in a table.
#[cfg(target_os = "none")]
#[doc(hidden)]
pub fn run_in<D: Driver>(driver: &D, states: &'static StatePlace<D>) -> ! {
    // SAFETY: `driver!` puts it into the section that the link script repeats, and gives it to nobody else.
    run_with(driver, unsafe { states.all() })
}

fn run_with<D: Driver>(driver: &D, states: &mut [Option<StateOf<'static, D>>]) -> ! {
    let mut runner = Runner::with(driver, states);
    loop {
        runner.step();
    }
}

/// A driver and the states of its bindings.
pub struct Runner<'d, D: Driver> {
    driver: &'d D,
    task: &'static Task,
    states: &'d mut [Option<StateOf<'static, D>>],
    message: Message,
    reply_to: Option<TaskHandle>,
}

impl<'d, D: Driver> Runner<'d, D> {
    /// Nothing bound; the task does not serve yet.
    ///
    /// # Panics
    /// When the task has another one: a binding is ended by the one that began it.
    #[cfg(not(target_os = "none"))]
    pub fn new(driver: &'d D) -> Self {
        // SAFETY: kept for ever, and used by nobody else.
        let states =
            unsafe { &mut *sys::keep(core::array::from_fn::<_, MAX_BINDINGS, _>(|_| None)) };
        Self::with(driver, states)
    }

    /// The same, with room for its states.
    fn with(driver: &'d D, states: &'d mut [Option<StateOf<'static, D>>]) -> Self {
        let task = Task::current();
        assert!(!task.running.replace(true), "one driver loop a task");
        task.begin();
        task.serve(D::SERVES_UNBOUND);
        task.lease_events.set(true);
        Self {
            driver,
            task,
            states,
            message: Message::EMPTY,
            reply_to: None,
        }
    }

    /// Handles what the leases say, then waits for one message or notification and handles that.
    pub fn step(&mut self) {
        if self.task.lease_events.replace(false) {
            while let Some((event, lease)) = sys::lease_event() {
                match event {
                    LeaseEvent::Offered => self.offered(lease),
                    LeaseEvent::Ending => self.ending(lease),
                }
            }
            // Ending one binding may have taken in the notification of another.
            if self.task.lease_events.get() {
                return;
            }
        }
        if self.task.owed.is_any() {
            self.answer_forgotten();
        }
        let received = match self.reply_to.take() {
            Some(client) => sys::reply_receive(client, MASK, &mut self.message),
            None => sys::receive(MASK, &mut self.message),
        };
        match received {
            Ok(Received::Message(client)) => self.request(client),
            Ok(Received::Notified(came)) => self.notified(came),
            Err(error) => panic!("receive: {error}"),
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
        let free = self
            .task
            .slots()
            .iter()
            .position(|slot| slot.phase.get() == Phase::Free);
        let Some(index) = free else {
            give_back(lease, Error::Busy);
            return;
        };
        let slot = &self.task.slots()[index];
        slot.begin(index as u8, lease, info.label, info.id);
        let device = Self::device(self.task, index);
        match self.driver.probe(&device) {
            Ok(state) => {
                self.states[index] = Some(state);
                self.task.serve(true);
            }
            Err(error) => {
                slot.phase.set(Phase::Ending);
                // While the lease is there, so that the supervisor can look at it.
                let is_told = error == Error::Busy
                    && slot
                        .busy
                        .get()
                        .is_some_and(|grant| report_busy(lease, grant));
                slot.end(self.task, index as u8);
                if !is_told {
                    crate::log!("probe failed: {error}");
                }
            }
        }
    }

    fn ending(&mut self, lease: LeaseHandle) {
        let bound =
            |slot: &super::Slot| slot.phase.get() == Phase::Bound && slot.lease.get() == lease;
        let Some(index) = self.task.slots().iter().position(bound) else {
            // Revoked before it was ever seen here; `Revoked` when it is over already.
            let _ = sys::lease_release(lease);
            return;
        };
        self.unbind(index);
    }

    /// Ends the binding in a slot, if there is one.
    fn unbind(&mut self, index: usize) {
        let slot = &self.task.slots()[index];
        if slot.phase.get() != Phase::Bound {
            return;
        }
        if self.bound() <= 1 {
            self.task.serve(false);
        }
        slot.phase.set(Phase::Ending);
        if let Some(mut state) = self.states[index].take() {
            self.driver
                .unbind(&mut state, &Self::device(self.task, index));
            drop(state);
        }
        slot.end(self.task, index as u8);
        if D::SERVES_UNBOUND {
            self.task.serve(true);
        }
    }

    /// The device of a live slot, for a callback. The callback is generic in its lifetime.
    fn device(task: &Task, index: usize) -> Device<'static, Core> {
        Device::core(index as u8, task.slots()[index].generation.get())
    }

    fn request(&mut self, client: TaskHandle) {
        let request = Request::new(client, &self.message);
        let before = self.task.owed.last();
        let wanted = ipc::instance(self.message.tag);
        let bound = self
            .states
            .iter_mut()
            .enumerate()
            .filter_map(|(index, state)| Some((index, state.as_mut()?)));
        let answer = match bound.into_iter().nth(wanted) {
            Some((index, state)) => {
                self.driver
                    .request(state, &Self::device(self.task, index), &request)
            }
            None => self.driver.request_unbound(&request),
        };
        match answer {
            Answer::Reply(reply) => {
                self.message = reply;
                self.reply_to = Some(client);
                self.task.owed.settle(client);
            }
            // Later, and nothing was made to do it with.
            Answer::Later if self.task.owed.last() == before => reply_forgotten(client),
            Answer::Later => {}
        }
    }

    /// Answers the clients whose replies nobody has any more.
    #[cold]
    fn answer_forgotten(&self) {
        let mut kept = Kept::new(&self.task.owed);
        for state in self.states.iter().flatten() {
            self.driver.replies(state, &mut kept);
        }
        self.driver.replies_unbound(&mut kept);
        for client in self.task.owed.take_forgotten(&kept) {
            if let Ok(info) = sys::task_info(client) {
                reply_forgotten(info.handle);
            }
        }
    }

    fn notified(&mut self, came: Notifications) {
        if came.contains(Notifications::CRASH) {
            crate::start::end("the supervisor asked for a crash");
        }
        if came.contains(Notifications::LEASE) {
            self.task.lease_events.set(true);
        }
        let time = came.contains(Notifications::TIMER).then(sys::time);
        for (index, state) in self.states.iter_mut().enumerate() {
            let Some(state) = state else { continue };
            let device = Self::device(self.task, index);
            let interrupts = came & self.task.bits_of(index as u8);
            if !interrupts.is_empty() {
                self.driver
                    .interrupt(state, &device, Events::new(interrupts));
            }
            let mut others = came & Notifications::PEERS;
            let due = |now| timer::take_due(&self.task.slots()[index].timer, now);
            others.set(Notifications::TIMER, time.is_some_and(due));
            if !others.is_empty() {
                self.driver.notified(state, &device, Events::new(others));
            }
        }
        // For those whose time is yet to come.
        if time.is_some() {
            self.task.set_timer();
        }
    }
}

impl<D: Driver> Drop for Runner<'_, D> {
    /// Ends all bindings.
    fn drop(&mut self) {
        for index in 0..self.states.len() {
            self.unbind(index);
        }
        self.task.running.set(false);
    }
}

impl<D: Driver> core::fmt::Debug for Runner<'_, D> {
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
    SupervisorClient::connect(NAME)
        .and_then(|mut supervisor| supervisor.report_busy(lease, grant))
        .is_ok()
}
