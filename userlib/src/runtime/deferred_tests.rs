//! Replies that come later, or never: a client waits only while somebody can still answer it.

use super::*;
use crate::ForLt;
use crate::auxiliary::Registration;
use crate::ipc::{Answer, Deferred, Kept, Request};
use crate::sys::{Error, Message, Notifications, Tag, TaskHandle};
use crate::testing::{Board, Event, PEER};
use core::cell::{Cell, RefCell};
use core::mem;
use std::vec;
use std::vec::Vec;

/// Operations of the server.
const KEEP: u16 = 1;
const FORGET: u16 = 2;
const NOTHING: u16 = 3;
const REPLY: u16 = 4;
const FORGET_AND_ANSWER: u16 = 5;
const KEEP_BESIDE: u16 = 6;

/// Notifications for it.
const ANSWER: Notifications = Notifications::peer(0);
const LEAK: Notifications = Notifications::peer(1);
const UNREGISTER: Notifications = Notifications::peer(2);

/// A driver that keeps replies, and loses some.
#[derive(Default)]
struct Keeper {
    /// Of calls without a device.
    unbound: RefCell<Vec<Deferred<u32>>>,
    /// Whether it says what it has.
    shows: Cell<bool>,
}

/// An auxiliary device of the driver's.
type Part<'cap> = Registration<'cap, ForLt!(u32)>;

#[derive(Default)]
struct State<'cap> {
    kept: Vec<Deferred<u32>>,
    /// Kept, and never shown.
    beside: Vec<Deferred<u32>>,
    registration: Option<Part<'cap>>,
}

/// What it does with a request, and where it keeps replies.
fn answer(
    kept: &mut Vec<Deferred<u32>>,
    beside: Option<&mut Vec<Deferred<u32>>>,
    request: &Request<'_>,
) -> Answer {
    let reply = || Deferred::<u32>::new(request);
    match request.operation() {
        KEEP => kept.push(reply()),
        FORGET => mem::forget(reply()),
        NOTHING => {}
        REPLY => reply().reply(Ok(7)),
        KEEP_BESIDE => beside.unwrap().push(reply()),
        _ => {
            mem::forget(reply());
            return Answer::result(Ok(8_u32));
        }
    }
    Answer::Later
}

impl Driver for Keeper {
    type State = ForLt!(State<'_>);
    const SERVES_UNBOUND: bool = true;

    fn probe<'cap>(&self, device: &Device<'cap, super::Core>) -> Result<State<'cap>, Error> {
        let region = device.lend_region(0, 0)?;
        Ok(State {
            registration: Some(Registration::new(device, &region, "part", 0, 1)?),
            ..State::default()
        })
    }

    fn request<'cap>(
        &self,
        state: &mut State<'cap>,
        _: &Device<'cap, super::Core>,
        request: &Request<'_>,
    ) -> Answer {
        answer(&mut state.kept, Some(&mut state.beside), request)
    }

    fn request_unbound(&self, request: &Request<'_>) -> Answer {
        answer(&mut self.unbound.borrow_mut(), None, request)
    }

    fn replies<'cap>(&self, state: &State<'cap>, kept: &mut Kept<'_>) {
        if self.shows.get() {
            state.kept.iter().for_each(|reply| kept.show(reply));
        }
    }

    fn replies_unbound(&self, kept: &mut Kept<'_>) {
        self.unbound
            .borrow()
            .iter()
            .for_each(|reply| kept.show(reply));
    }

    fn notified<'cap>(
        &self,
        state: &mut State<'cap>,
        _: &Device<'cap, super::Core>,
        events: Events,
    ) {
        if events.from_peer(ANSWER) {
            state.kept.drain(..).for_each(|reply| reply.reply(Ok(9)));
        }
        if events.from_peer(LEAK) {
            crate::sys::keep(mem::take(&mut state.kept));
        }
        if events.from_peer(UNREGISTER) {
            state.registration = None;
        }
        state.beside.drain(..).for_each(|reply| reply.reply(Ok(10)));
    }
}

/// Bound, or not, and with nobody to answer.
fn run(bound: bool, test: impl FnOnce(&Board, &Keeper, &mut dyn FnMut(Event)) + Send) {
    Board::run(|board| {
        let driver = Keeper::default();
        driver.shows.set(true);
        let mut runner = Runner::new(&driver);
        if bound {
            let lease = board.lease("device", vec![]);
            board
                .0
                .borrow_mut()
                .lease_events
                .push_back((1, lease.raw()));
        }
        let mut step = |event| {
            board.0.borrow_mut().events.push_back(event);
            runner.step();
        };
        step(Event::Bits(Notifications::empty()));
        test(board, &driver, &mut step);
    });
}

fn call(operation: u16) -> Event {
    Event::Call(PEER, Message::new(Tag::new(operation, 0), [0; 8]))
}

/// The replies to the peer since the last time: values or errors.
fn replies(board: &Board) -> Vec<Result<usize, Error>> {
    let replied = mem::take(&mut board.0.borrow_mut().replied);
    let result = |(client, message): (u32, Message)| {
        assert_eq!(client, PEER);
        match usize::from(message.tag.operation()) {
            0 => Ok(message.words[0]),
            code => Err(Error::from_code(code).unwrap()),
        }
    };
    replied.into_iter().map(result).collect()
}

const GONE: Result<usize, Error> = Err(Error::Unbound);

#[test]
fn a_reply_that_was_forgotten_is_an_error_before_the_server_waits_again() {
    for bound in [true, false] {
        run(bound, |board, _, step| {
            step(call(FORGET));
            // The next event comes when the server waits, and no earlier.
            step(Event::Bits(Notifications::empty()));
            assert_eq!(replies(board), [GONE], "bound: {bound}");
            step(call(NOTHING));
            assert_eq!(replies(board), [GONE], "later, but by nothing");
            step(call(REPLY));
            step(Event::Bits(Notifications::empty()));
            assert_eq!(replies(board), [Ok(7)], "once");
            step(call(FORGET_AND_ANSWER));
            step(Event::Bits(Notifications::empty()));
            assert_eq!(replies(board), [Ok(8)], "once");
        });
    }
}

#[test]
fn a_reply_that_is_kept_is_waited_for_and_missed_once_it_is_gone() {
    run(true, |board, driver, step| {
        step(call(KEEP));
        for _ in 0..10 {
            step(Event::Bits(Notifications::peer(3)));
        }
        assert_eq!(replies(board), []);
        step(Event::Bits(ANSWER));
        assert_eq!(replies(board), [Ok(9)]);
        step(call(KEEP));
        step(Event::Bits(LEAK));
        step(Event::Bits(Notifications::empty()));
        assert_eq!(replies(board), [GONE]);
        // One that is there and not shown is as good as none, and answers nothing later.
        driver.shows.set(false);
        step(call(KEEP));
        step(Event::Bits(Notifications::empty()));
        assert_eq!(replies(board), [GONE]);
        driver.shows.set(true);
        step(Event::Bits(ANSWER));
        assert_eq!(replies(board), []);
    });
    run(false, |board, driver, step| {
        step(call(KEEP));
        step(Event::Bits(Notifications::empty()));
        assert_eq!(replies(board), []);
        driver
            .unbound
            .take()
            .into_iter()
            .for_each(|reply| reply.reply(Ok(9)));
        assert_eq!(replies(board), [Ok(9)]);
    });
}

#[test]
fn a_reply_to_an_earlier_call_answers_no_later_one() {
    run(true, |board, _, step| {
        step(call(KEEP_BESIDE));
        step(call(KEEP));
        assert_eq!(replies(board), [GONE], "what is not shown");
        // The first is used now, while the client waits in its second call.
        step(Event::Bits(Notifications::peer(3)));
        assert_eq!(replies(board), []);
        step(Event::Bits(ANSWER));
        assert_eq!(replies(board), [Ok(9)]);
        // A registration ends: the kernel gives `Unbound` to all who wait, and they call again.
        step(call(KEEP));
        step(Event::Bits(UNREGISTER));
        step(call(KEEP));
        step(Event::Bits(ANSWER));
        assert_eq!(replies(board), [Ok(9)], "the second call's, once");
    });
}

#[test]
fn a_client_that_was_started_again_is_not_taken_for_its_earlier_life() {
    run(true, |board, _, step| {
        step(call(KEEP));
        board.0.borrow_mut().restarted = true;
        let later = TaskHandle::from_raw(2 << 6 | 2);
        let message = Message::new(Tag::new(KEEP, 0), [0; 8]);
        step(Event::Call(later.raw(), message));
        step(Event::Bits(ANSWER));
        let replied = mem::take(&mut board.0.borrow_mut().replied);
        let to: Vec<u32> = replied.iter().map(|(client, _)| *client).collect();
        assert_eq!(to, [later.raw()], "who waits now, once");
    });
}

/// A driver that is the child of another: its clients wait through the parent's restarts.
#[derive(Default)]
struct Patient {
    kept: RefCell<Vec<Deferred<u32>>>,
    deadline: Cell<Option<u64>>,
}

impl Driver for Patient {
    type State = ForLt!(());
    const SERVES_UNBOUND: bool = true;
    const KEEPS_REPLIES: bool = true;

    fn probe<'cap>(&self, _: &Device<'cap, super::Core>) -> Result<(), Error> {
        Ok(())
    }

    fn request<'cap>(
        &self,
        (): &mut (),
        _: &Device<'cap, super::Core>,
        request: &Request<'_>,
    ) -> Answer {
        self.request_unbound(request)
    }

    fn request_unbound(&self, request: &Request<'_>) -> Answer {
        self.kept.borrow_mut().push(Deferred::new(request));
        Answer::Later
    }

    fn replies_unbound(&self, kept: &mut Kept<'_>) {
        let replies = self.kept.borrow();
        replies.iter().for_each(|reply| kept.show(reply));
    }

    fn notified_unbound(&self, events: Events) {
        if events.is_time() || events.from_peer(ANSWER) {
            let replies = self.kept.take();
            let value = u32::from(events.is_time());
            replies.into_iter().for_each(|reply| reply.reply(Ok(value)));
        }
    }

    fn deadline_unbound(&self) -> Option<u64> {
        self.deadline.get()
    }
}

#[test]
fn a_reply_that_the_driver_keeps_outlasts_the_binding() {
    Board::run(|board| {
        let driver = Patient::default();
        let mut runner = Runner::new(&driver);
        let mut step = |event| {
            board.0.borrow_mut().events.push_back(event);
            runner.step();
        };
        let lease_event = |kind, lease: crate::sys::LeaseHandle| {
            let mut state = board.0.borrow_mut();
            state.lease_events.push_back((kind, lease.raw()));
        };
        let none = Event::Bits(Notifications::empty());
        let lease = board.lease("device", vec![]);
        lease_event(1, lease);
        step(Event::Bits(Notifications::LEASE));
        step(call(KEEP));
        driver.deadline.set(Some(77));
        lease_event(2, lease);
        step(Event::Bits(Notifications::LEASE));
        step(none);
        let served = board.journal().iter().any(|line| line == "serve 0");
        assert!(!served, "the kernel would answer all who wait");
        assert_eq!(replies(board), []);
        assert_eq!(board.0.borrow().timer, Some(77), "while there is no device");
        // With a device again, the reply is still there, and the time is the binding's.
        let lease = board.lease("device", vec![]);
        lease_event(1, lease);
        step(Event::Bits(Notifications::LEASE));
        step(Event::Bits(ANSWER));
        assert_eq!(replies(board), []);
        lease_event(2, lease);
        step(Event::Bits(Notifications::LEASE));
        step(Event::Bits(Notifications::TIMER));
        assert_eq!(replies(board), [Ok(1)]);
        step(call(KEEP));
        step(Event::Bits(ANSWER));
        assert_eq!(replies(board), [Ok(0)]);
    });
}
