//! Kills a task at random moments: by a crash that it is asked for, or by a stop wherever it is. For the latter it must
//! be before that task in the schedule.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

use core::cell::Cell;
use userlib::ipc::{Answer, Request, interface};
use userlib::runtime::{Core, Device, Driver, Events};
use userlib::supervisor::{self, Name};
use userlib::{Error, ForLt, time};

/// Orders to the killer.
#[interface]
pub trait Killer {
    /// From now on kills the task `kills` times, each after 1 to `most` milliseconds. The seed gives the times, and the
    /// kind of each kill. Ends what was begun before.
    fn begin(&mut self, task: Name, seed: u32, kills: u32, most: u32) -> Result<(), Error>;
    /// How many kills are still to come.
    fn left(&mut self) -> Result<u32, Error>;
    /// How many kills there were since the last beginning: by a crash, by a stop.
    fn done(&mut self) -> Result<[u32; 2], Error>;
}

/// The next of a sequence of random numbers: Numerical Recipes' constants, upper bits.
pub const fn random(state: u32) -> u32 {
    state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223)
}

/// The task, which has no device.
#[derive(Debug, Default)]
pub struct KillerDriver {
    task: Cell<Name>,
    random: Cell<u32>,
    most: Cell<u32>,
    left: Cell<u32>,
    done: Cell<[u32; 2]>,
    next: Cell<Option<u64>>,
}

impl KillerDriver {
    fn draw(&self, below: u32) -> u32 {
        self.random.set(random(self.random.get()));
        (self.random.get() >> 8) % below
    }

    /// When the next is due.
    fn plan(&self) {
        let most = self.most.get().max(1) * 1000;
        let next = (self.left.get() != 0).then(|| {
            let microseconds = u64::from(self.draw(most)) + 1000;
            time::after_microseconds(microseconds)
        });
        self.next.set(next);
    }

    fn kill(&self) -> Result<(), Error> {
        let task = self.task.get();
        let mut supervisor = supervisor::connect()?;
        let mut done = self.done.get();
        if self.draw(2) == 0 {
            supervisor.crash(task)?;
            done[0] += 1;
        } else {
            supervisor.restart(task)?;
            done[1] += 1;
        }
        self.done.set(done);
        Ok(())
    }
}

struct Orders<'d>(&'d KillerDriver);

impl KillerServer for Orders<'_> {
    fn begin(&mut self, task: Name, seed: u32, kills: u32, most: u32) -> Result<(), Error> {
        self.0.task.set(task);
        self.0.random.set(seed);
        self.0.done.set([0; 2]);
        self.0.most.set(most);
        self.0.left.set(kills);
        self.0.plan();
        Ok(())
    }

    fn left(&mut self) -> Result<u32, Error> {
        Ok(self.0.left.get())
    }

    fn done(&mut self) -> Result<[u32; 2], Error> {
        Ok(self.0.done.get())
    }
}

impl Driver for KillerDriver {
    type State = ForLt!(());

    const SERVES_UNBOUND: bool = true;
    const KEEPS_REPLIES: bool = true;

    fn probe<'cap>(&self, _: &Device<'cap, Core>) -> Result<(), Error> {
        Err(Error::NoDevice)
    }

    fn request_unbound(&self, request: &Request<'_>) -> Answer {
        Orders(self).dispatch(request)
    }

    fn notified_unbound(&self, events: Events) {
        if events.is_time() && self.next.take().is_some() {
            // A driver that is away already is not killed: another time.
            if self.kill().is_ok() {
                self.left.set(self.left.get() - 1);
            }
            self.plan();
        }
    }

    fn deadline_unbound(&self) -> Option<u64> {
        self.next.get()
    }
}
