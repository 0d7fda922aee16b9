//! Timers of several bindings over the one of the task.

use crate::ForLt;
use crate::runtime::{Core, Device, Driver, Events, Runner};
use crate::sys::{Error, LeaseHandle, Notifications};
use crate::testing::{Board, Event};
use crate::timer::Timer;
use core::cell::RefCell;
use std::string::String;
use std::vec;

/// Stops its timer.
const STOP: Notifications = Notifications::peer(1);
/// Drops its timer.
const DROP: Notifications = Notifications::peer(2);
/// Leaks its timer.
const LEAK: Notifications = Notifications::peer(3);

/// Notes whose timer came; its timers are set to what the test says.
struct Alarms<'t> {
    deadlines: RefCell<std::vec::Vec<u64>>,
    came: &'t RefCell<String>,
}

struct State<'cap> {
    name: char,
    timer: Option<Timer<'cap>>,
}

impl Driver for Alarms<'static> {
    type State = ForLt!(State<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<State<'cap>, Error> {
        let timer = device.timer()?;
        assert_eq!(device.timer().err(), Some(Error::Busy));
        timer.set(self.deadlines.borrow_mut().remove(0));
        let name = if device.is_named("a") { 'a' } else { 'b' };
        Ok(State {
            name,
            timer: Some(timer),
        })
    }

    fn notified<'cap>(&self, state: &mut State<'cap>, _: &Device<'cap, Core>, events: Events) {
        if let Some(timer) = &state.timer {
            if events.contains(timer) {
                self.came.borrow_mut().push(state.name);
            }
            // Both hear of what a peer posts; it is for the second.
            if events.from_peer(STOP) && state.name == 'b' {
                timer.cancel();
            }
        }
        if events.from_peer(DROP) {
            state.timer = None;
        }
        if events.from_peer(LEAK) {
            core::mem::forget(state.timer.take());
        }
    }
}

/// Two bindings, with these deadlines; gives the timers that came at each of some times.
fn run(
    deadlines: [u64; 2],
    test: impl FnOnce(&Board, &mut dyn FnMut(u64, Notifications) -> (String, Option<u64>)) + Send,
) {
    Board::run(|board| {
        let came: &'static RefCell<String> = crate::sys::keep_shared(RefCell::default());
        let driver = Alarms {
            deadlines: RefCell::new(deadlines.to_vec()),
            came,
        };
        let mut runner = Runner::new(&driver);
        for name in ["a", "b"] {
            let lease = board.lease(name, vec![]);
            board
                .0
                .borrow_mut()
                .lease_events
                .push_back((1, lease.raw()));
        }
        let mut at = |time, bits| {
            board.0.borrow_mut().time = time;
            board.0.borrow_mut().events.push_back(Event::Bits(bits));
            runner.step();
            (came.take(), board.0.borrow().timer)
        };
        // Both are bound, and nothing has come.
        at(0, Notifications::empty());
        test(board, &mut at);
    });
}

const TIMER: Notifications = Notifications::TIMER;

fn some(name: &str, timer: Option<u64>) -> (String, Option<u64>) {
    (name.into(), timer)
}

#[test]
fn each_binding_hears_of_its_own_time_only() {
    for (deadlines, names) in [([10, 20], ["a", "b"]), ([20, 10], ["b", "a"])] {
        run(deadlines, |board, at| {
            assert_eq!(board.0.borrow().timer, Some(10));
            assert_eq!(
                at(9, TIMER),
                some("", Some(10)),
                "of a time that was changed"
            );
            assert_eq!(at(10, TIMER), some(names[0], Some(20)));
            assert_eq!(at(19, TIMER), some("", Some(20)));
            assert_eq!(at(25, TIMER), some(names[1], None));
            assert_eq!(at(30, TIMER), some("", None), "once");
        });
    }
    run([10, 10], |_, at| {
        assert_eq!(at(10, TIMER), some("ab", None))
    });
    // Time 0 is as past as any.
    run([0, 20], |_, at| {
        assert_eq!(at(0, TIMER), some("a", Some(20)))
    });
}

#[test]
fn one_that_is_cancelled_or_dropped_does_not_come() {
    run([20, 10], |_, at| {
        assert_eq!(at(0, STOP), some("", Some(20)));
        assert_eq!(at(20, TIMER), some("a", None));
    });
    // Also when its time has come and its turn has not.
    run([20, 10], |_, at| assert_eq!(at(30, TIMER | STOP).0, "ab"));
    run([20, 10], |_, at| {
        assert_eq!(at(0, DROP), some("", None));
        assert_eq!(at(30, TIMER), some("", None));
    });
}

#[test]
fn one_that_was_leaked_ends_with_its_binding() {
    run([20, 10], |board, at| {
        assert_eq!(at(0, LEAK), some("", Some(10)));
        let second: LeaseHandle = LeaseHandle::from_raw(2);
        board
            .0
            .borrow_mut()
            .lease_events
            .push_back((2, second.raw()));
        at(0, Notifications::LEASE);
        assert_eq!(at(0, Notifications::empty()), some("", Some(20)));
        // The next binding in its place has a timer of its own.
    });
}
