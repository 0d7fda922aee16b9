//! The timer of a bound device.
//!
//! The kernel has one timer for each task. The runtime sets it to the earliest time of the bindings' timers.

mod state;

pub(crate) use state::{TimerState, take_due};

use crate::runtime::{Bound, Device, Plain, SealedSource, Source, Task};
use crate::sys::{Error, Notifications};
use core::fmt;
use core::marker::PhantomData;

/// A timer: after [`Timer::set`], the driver's [`notified`](crate::runtime::Driver::notified) is called once when the
/// time has come. It is not called if the timer is dropped or its binding is over.
///
/// ```
/// use userlib::runtime::{Core, Device, Driver, Events};
/// use userlib::timer::Timer;
/// use userlib::{Error, ForLt, time};
///
/// struct State<'cap> {
///     timer: Timer<'cap>,
///     ticks: u32,
/// }
/// struct Metronome;
///
/// impl Driver for Metronome {
///     type State = ForLt!(State<'_>);
///
///     fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<State<'cap>, Error> {
///         let timer = device.timer()?;
///         timer.set(time::after(1000));
///         Ok(State { timer, ticks: 0 })
///     }
///
///     fn notified<'cap>(&self, state: &mut State<'cap>, _: &Device<'cap, Core>, events: Events) {
///         if events.contains(&state.timer) {
///             state.ticks += 1;
///             state.timer.set(time::after(1000));
///         }
///     }
/// }
/// ```
pub struct Timer<'cap> {
    device: Device<'static, Plain>,
    binding: PhantomData<&'cap ()>,
}

impl Timer<'_> {
    /// Sets the timer to this time (ticks since boot), instead of an earlier setting. If the time is past, it fires at
    /// once.
    pub fn set(&self, deadline: u64) {
        self.change(TimerState::At(deadline));
    }

    /// Cancels the timer, even if its time has come and the driver was not told yet.
    pub fn cancel(&self) {
        self.change(TimerState::Idle);
    }

    fn change(&self, state: TimerState) {
        // A timer that was leaked out of its binding has no effect any more.
        if self.device.is_bound() {
            self.device.slot().timer.set(state);
            Task::current().set_timer();
        }
    }
}

impl SealedSource for Timer<'_> {}

impl Source for Timer<'_> {
    fn notifications(&self) -> Notifications {
        Notifications::TIMER
    }
}

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        self.change(TimerState::Free);
    }
}

impl fmt::Debug for Timer<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "timer of {:?}", self.device)
    }
}

impl<'cap> Device<'cap, Bound> {
    /// Takes the binding's timer.
    ///
    /// # Errors
    /// `Busy` when it is taken: a binding has only one. `Revoked`.
    pub fn timer(&self) -> Result<Timer<'cap>, Error> {
        let timer = &self.live()?.timer;
        if timer.get() != TimerState::Free {
            return Err(Error::Busy);
        }
        timer.set(TimerState::Idle);
        Task::current().sets_timer.set(Some(Task::set_timer));
        Ok(Timer {
            device: self.plain(),
            binding: PhantomData,
        })
    }
}

#[cfg(test)]
mod tests;
