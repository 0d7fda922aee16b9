//! A driver's life, scripted by a test: requests, interrupts, time, and a device that goes.

use crate::Memory;
use crate::kernel::{Asked, Client, DRIVER, State, Told};
use leasehold_abi::{Error, GrantKind, Notifications, TaskHandle};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use userlib::ipc::Peer;
use userlib::runtime::{Engine, Runner};
use userlib::sys::label;
use userlib::sys::mock::{self, DeviceModel};
use userlib::time;

/// A driver that is not waiting after so many turns never will.
const MOST_TURNS: usize = 10_000;
/// The first of the tasks that the test plays as clients.
const FIRST_CLIENT: usize = 10;
/// How many of them there are; then their indexes come again, in another generation.
const CLIENTS: usize = 20;

/// The loop of the driver's task.
pub(crate) trait Loop {
    fn step(&mut self);
    fn bound(&self) -> usize;
}

impl<E: Engine> Loop for Runner<'_, E> {
    fn step(&mut self) {
        Runner::step(self);
    }

    fn bound(&self) -> usize {
        Runner::bound(self)
    }
}

/// A driver with its device. Each method lets the driver run until it waits.
pub struct Stage<'s> {
    driver: &'s mut dyn Loop,
    state: Rc<RefCell<State>>,
    clients: Cell<usize>,
}

/// A call that a client has begun; see [`Stage::begin`].
pub struct Call<R> {
    client: TaskHandle,
    ask: Box<dyn Fn(Peer) -> R>,
}

/// All that an absent device answers.
struct Ones;

impl DeviceModel for Ones {
    fn load(&mut self, _: usize, _: usize) -> u64 {
        u64::MAX
    }

    fn store(&mut self, _: usize, _: usize, _: u64) {}
}

impl<'s> Stage<'s> {
    pub(crate) fn new(driver: &'s mut dyn Loop, state: Rc<RefCell<State>>) -> Self {
        let mut stage = Self {
            driver,
            state,
            clients: Cell::new(0),
        };
        stage.settle();
        stage
    }

    /// Devices bound.
    pub fn bound(&self) -> usize {
        self.driver.bound()
    }

    /// Whether the driver gave the lease back.
    pub fn is_released(&self) -> bool {
        self.state.borrow().released
    }

    /// The lines that the driver has logged.
    pub fn log(&self) -> Vec<String> {
        self.state.borrow().log.clone()
    }

    /// Begins a call: `ask` makes it as a client of this peer, for example `|peer| RngClient::of(peer).word()`.
    ///
    /// `ask` is run twice, now for what is sent and later for what is answered. So it must ask the same both times, and
    /// what it gives now is forgotten.
    ///
    /// # Panics
    /// When `ask` makes no call.
    pub fn begin<R>(&mut self, ask: impl Fn(Peer) -> R + 'static) -> Call<R> {
        let (_, asked) = self.as_client(VecDeque::new(), &ask);
        let asked = asked.expect("a test's client makes a call");
        Call {
            client: self.send(asked),
            ask: Box::new(ask),
        }
    }

    /// A client sends a call; gives who it is.
    fn send(&mut self, asked: Asked) -> TaskHandle {
        let number = self.clients.replace(self.clients.get() + 1);
        let client = TaskHandle::new(
            FIRST_CLIENT + number % CLIENTS,
            1 + (number / CLIENTS) as u32,
        );
        self.state.borrow_mut().ask(client, asked);
        self.settle();
        client
    }

    /// What a call came to, if it is answered. Each answer is given once.
    pub fn answer<R>(&self, call: &Call<R>) -> Option<R> {
        let told = self.told(call.client)?;
        Some(self.as_client(VecDeque::from([told]), &call.ask).0)
    }

    fn told(&self, client: TaskHandle) -> Option<Told> {
        self.state.borrow_mut().answers.remove(&client.raw())
    }

    /// A call that the driver answers without anything else happening.
    ///
    /// # Panics
    /// When it does not.
    pub fn call<R>(&mut self, ask: impl Fn(Peer) -> R + 'static) -> R {
        let call = self.begin(ask);
        self.answer(&call).expect("the driver answers at once")
    }

    /// A client that makes any number of calls, one after the other, each of which the driver answers without anything
    /// else happening.
    ///
    /// `talk` is run once more for each call, with the answers so far, and what it gives is taken from the last time.
    /// So it must ask the same each time, if it is answered the same.
    ///
    /// # Panics
    /// When the driver does not answer.
    pub fn talk<R>(&mut self, talk: impl Fn(Peer) -> R) -> R {
        let mut answers = VecDeque::new();
        loop {
            let (result, asked) = self.as_client(answers.clone(), &talk);
            let Some(asked) = asked else {
                return result;
            };
            let client = self.send(asked);
            answers.push_back(self.told(client).expect("the driver answers at once"));
        }
    }

    /// Runs a client with these answers; gives the first call that has none as well.
    fn as_client<R>(&self, told: VecDeque<Told>, ask: &dyn Fn(Peer) -> R) -> (R, Option<Asked>) {
        let asked = None;
        self.state.borrow_mut().client = Some(Client { told, asked });
        let result = ask(Peer::new("driver", DRIVER));
        let client = self.state.borrow_mut().client.take();
        (result, client.and_then(|client| client.asked))
    }

    /// The device asserts this line once. If the driver has not acknowledged the last time, it comes after that.
    ///
    /// # Panics
    /// When the device has no such line.
    pub fn interrupt(&mut self, line: &str) {
        let grant = self.line(line);
        self.state.borrow_mut().interrupt(grant);
        self.settle();
    }

    /// Whether this line came and the driver has not acknowledged it.
    ///
    /// # Panics
    /// When the device has no such line.
    pub fn is_masked(&self, line: &str) -> bool {
        self.state.borrow().is_masked(self.line(line))
    }

    fn line(&self, name: &str) -> usize {
        let state = self.state.borrow();
        let is_it = |grant: &leasehold_abi::GrantInfo| {
            grant.kind == GrantKind::Interrupt && grant.label == label(name)
        };
        let line = state.grants.iter().position(is_it);
        line.unwrap_or_else(|| panic!("the device has no line `{name}`"))
    }

    /// A peer posts something to the driver.
    pub fn post(&mut self, bits: Notifications) {
        self.state.borrow_mut().post(bits);
        self.settle();
    }

    /// How often the driver lent something: the number of its registrations so far.
    pub fn lends(&self) -> usize {
        self.state.borrow().lends
    }

    /// The driver's own memory of this name in what it lent last, as the child reaches it.
    ///
    /// # Panics
    /// When it lent none of this name.
    pub fn lent(&self, name: &str) -> Memory {
        let state = self.state.borrow();
        let mut parts = state.lent_memory.iter();
        let part = parts.find(|part| part.0 == label(name));
        let (_, base, length) = *part.unwrap_or_else(|| panic!("no `{name}` is lent"));
        Memory::lent(base, length)
    }

    /// So many milliseconds pass. Whoever sleeps until a time in between is woken at that time.
    pub fn pass(&mut self, milliseconds: u64) {
        let end = self.state.borrow().time + time::ticks(milliseconds);
        for _ in 0..MOST_TURNS {
            let next = self.state.borrow().timer.filter(|timer| *timer <= end);
            let Some(next) = next else {
                self.state.borrow_mut().time = end;
                return self.settle();
            };
            let now = self.state.borrow().time.max(next);
            self.state.borrow_mut().time = now;
            self.settle();
        }
        panic!("the driver sets its timer again and again");
    }

    /// The supervisor takes the device away, in order.
    pub fn revoke(&mut self) {
        self.state.borrow_mut().revoke();
        self.settle();
    }

    /// The device goes without a word: from now on its registers read as ones.
    pub fn vanish(&mut self) {
        let state = self.state.borrow();
        let windows = state.grants.iter();
        for grant in windows.filter(|grant| grant.kind == GrantKind::Mmio) {
            let base = grant.base as usize;
            let addresses = base..base + grant.length as usize;
            mock::place_device(addresses, Rc::new(RefCell::new(Ones)));
        }
    }

    /// Lets the driver run until it waits, after the test changed something by itself.
    ///
    /// # Panics
    /// When it never waits.
    pub fn settle(&mut self) {
        for _ in 0..MOST_TURNS {
            self.state.borrow_mut().idle = false;
            self.driver.step();
            let state = self.state.borrow();
            if state.idle && state.timer.is_none_or(|timer| timer > state.time) {
                return;
            }
        }
        panic!("the driver never waits: {:?}", Error::TimedOut);
    }
}
