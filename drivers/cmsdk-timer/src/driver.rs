//! The driver: the timer over a window on lease, its interrupt, and the interface.

use crate::timer::CmsdkTimer;
use driver_cmsdk::{CLOCK, TIMER};
use driver_interfaces::TimerServer;
use embedded_hal::delay::DelayNs;
use userlib::interrupt::Interrupt;
use userlib::ipc::{Answer, Deferred, Kept, Request};
use userlib::runtime::{Core, Device, Driver, Events, StateOf};
use userlib::{Error, ForLt, sys};

/// Longest busy wait, in microseconds: during it no task of lower priority runs.
const MOST_DELAY: u32 = 10_000;

/// A client that waits for the alarm.
#[derive(Debug)]
struct Waiting {
    /// When the alarm was set, in ticks of the kernel's clock.
    since: u64,
    reply: Deferred<u32>,
}

/// The timer while it is bound.
#[derive(Debug)]
pub struct Bound<'cap> {
    timer: CmsdkTimer<'cap>,
    line: Interrupt<'cap>,
    waiting: Option<Waiting>,
}

/// Ticks of the kernel's clock since `since`.
fn since(since: u64) -> u32 {
    u32::try_from(sys::time().saturating_sub(since)).unwrap_or(u32::MAX)
}

impl TimerServer for Bound<'_> {
    fn alarm(&mut self, microseconds: u32, reply: Deferred<u32>) {
        let since = sys::time();
        match self.timer.arm(u64::from(microseconds) * 1000) {
            Ok(()) => self.waiting = Some(Waiting { since, reply }),
            Err(error) => reply.reply(Err(error)),
        }
    }

    fn delay(&mut self, microseconds: u32) -> Result<u32, Error> {
        if microseconds > MOST_DELAY {
            return Err(Error::Invalid);
        }
        if self.timer.is_armed() {
            return Err(Error::Busy);
        }
        let start = sys::time();
        self.timer.delay_us(microseconds);
        Ok(since(start))
    }
}

/// The driver.
#[derive(Debug, Default)]
pub struct TimerDriver;

impl Driver for TimerDriver {
    type State = ForLt!(Bound<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Bound<'cap>, Error> {
        let registers = device.exclusive_io_mem(0)?;
        driver_cmsdk::expect(&registers, TIMER)?;
        let timer = CmsdkTimer::new(registers);
        let line = device.interrupt(0)?;
        userlib::log!("bound CMSDK timer, {} MHz", (CLOCK / 1_000_000) as u32);
        Ok(Bound {
            timer,
            line,
            waiting: None,
        })
    }

    fn request<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        request: &Request<'_>,
    ) -> Answer {
        state.dispatch(request)
    }

    fn replies<'cap>(&self, state: &StateOf<'cap, Self>, kept: &mut Kept<'_>) {
        state
            .waiting
            .iter()
            .for_each(|waiting| kept.show(&waiting.reply));
    }

    fn interrupt<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        events: Events,
    ) {
        if !events.contains(&state.line) {
            return;
        }
        if state.timer.expire()
            && let Some(waiting) = state.waiting.take()
        {
            waiting.reply.reply(Ok(since(waiting.since)));
        }
        // `Revoked`: the binding is ending, and no more interrupts may come.
        let _ = state.line.acknowledge();
    }

    fn unbind<'cap>(&self, state: &mut StateOf<'cap, Self>, _: &Device<'cap, Core>) {
        state.timer.stop();
    }
}
