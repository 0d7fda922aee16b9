//! The runtime: binding, serving, unbinding, over the model kernel.

use super::*;
use crate::ForLt;
use crate::interrupt::Interrupt;
use crate::io::IoMem;
use crate::ipc::{Answer, Request};
use crate::sys::{self, Error, GrantKind, LeaseHandle, Message, Notifications, Tag};
use crate::testing::{Board, Event, PEER};
use crate::{Devres, devres::Guard};
use core::cell::{Cell, RefCell};
use std::rc::Rc;
use std::vec;
use std::vec::Vec;

/// What a peer posts here.
const PEERS: Notifications = Notifications::peer(0).union(Notifications::peer(1));

/// A driver that writes down what happens to it.
struct Test {
    board: Board,
    kept: Rc<RefCell<Vec<Devres<Dropped>>>>,
    refuse: Cell<bool>,
}

/// Says in the journal when it is dropped.
struct Dropped(Board, &'static str);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.note(self.1);
    }
}

/// The driver's state.
struct State<'cap> {
    window: IoMem<'cap, 8>,
    interrupt: Option<Interrupt<'cap>>,
    device: Device<'cap, Bound>,
    _dropped: Dropped,
}

impl Driver for Test {
    type State = ForLt!(State<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, super::Core>) -> Result<State<'cap>, Error> {
        let window = device.io_mem("r")?;
        if self.refuse.get() {
            return Err(Error::Protocol);
        }
        let value = Devres::new(device, Dropped(self.board.clone(), "devres dropped"))?;
        self.kept.borrow_mut().push(value);
        Ok(State {
            window,
            interrupt: device.interrupt("line").ok(),
            device: device.bound(),
            _dropped: Dropped(self.board.clone(), "state dropped"),
        })
    }

    fn request<'cap>(
        &self,
        state: &mut State<'cap>,
        device: &Device<'cap, super::Core>,
        request: &Request<'_>,
    ) -> Answer {
        assert!(state.device.is_same(device));
        match request.operation() {
            1 => Answer::result(Ok(state.window.read32::<0>())),
            _ => Answer::error(Error::Invalid),
        }
    }

    fn interrupt<'cap>(
        &self,
        state: &mut State<'cap>,
        _: &Device<'cap, super::Core>,
        events: Events,
    ) {
        let interrupt = state.interrupt.as_ref().unwrap();
        assert!(events.contains(interrupt));
        self.board.note("interrupt");
        interrupt.acknowledge().unwrap();
    }

    fn notified<'cap>(&self, _: &mut State<'cap>, _: &Device<'cap, super::Core>, events: Events) {
        self.board
            .note(&std::format!("notified {}", events.from_peer(PEERS)));
    }

    fn unbind<'cap>(&self, state: &mut State<'cap>, device: &Device<'cap, super::Core>) {
        assert!(device.is_bound() && state.window.try_read32(0).is_ok());
        self.board.note("unbind");
    }
}

fn driver(board: &Board) -> Test {
    Test {
        board: board.clone(),
        kept: Rc::default(),
        refuse: Cell::new(false),
    }
}

/// Offers the driver's device.
fn offer(board: &Board, name: &str) -> LeaseHandle {
    let grants = vec![
        board.grant(GrantKind::Mmio, "r", 8),
        board.grant_at(GrantKind::Interrupt, "line", 10, 1),
    ];
    let lease = board.lease(name, grants);
    board
        .0
        .borrow_mut()
        .lease_events
        .push_back((1, lease.raw()));
    lease
}

/// Lets the runner take one event.
fn step(board: &Board, runner: &mut Runner<'_, &Test>, event: Event) {
    board.0.borrow_mut().events.push_back(event);
    runner.step();
}

/// A call by the peer.
fn call(operation: u16, instance: u8) -> Event {
    Event::Call(
        PEER,
        Message::new(crate::ipc::tag(operation, 0, instance), [0; 8]),
    )
}

/// What was replied last, after the reply went out with the next receive.
fn replied(board: &Board, runner: &mut Runner<'_, &Test>) -> (u16, usize) {
    step(board, runner, Event::Bits(Notifications::empty()));
    let state = board.0.borrow();
    let (client, reply) = *state.replied.last().unwrap();
    assert_eq!(client, PEER);
    (reply.tag.operation(), reply.words[0])
}

#[test]
fn binds_serves_and_unbinds_in_order() {
    Board::run(|board| {
        let driver = driver(board);
        let mut runner = Runner::new(&driver);
        step(board, &mut runner, call(1, 0));
        assert_eq!(replied(board, &mut runner).0, Error::Unbound.code() as u16);
        let lease = offer(board, "rtc");
        step(board, &mut runner, Event::Bits(Notifications::LEASE));
        step(board, &mut runner, call(1, 0));
        assert_eq!(replied(board, &mut runner), (0, 0));
        step(board, &mut runner, call(9, 0));
        assert_eq!(replied(board, &mut runner).0, Error::Invalid.code() as u16);
        step(board, &mut runner, call(1, 1));
        assert_eq!(
            replied(board, &mut runner).0,
            Error::Unbound.code() as u16,
            "no second binding"
        );
        step(
            board,
            &mut runner,
            Event::Bits(Notifications::interrupt(0) | PEERS),
        );
        step(board, &mut runner, Event::Bits(Notifications::empty()));
        let first = board.journal();
        assert_eq!(first[..4], ["serve 0", "claim 0", "claim 1", "serve 1"]);
        assert_eq!(
            first[4..],
            ["interrupt", "notified true", "line 10 may come"]
        );
        board
            .0
            .borrow_mut()
            .lease_events
            .push_back((2, lease.raw()));
        step(board, &mut runner, Event::Bits(Notifications::LEASE));
        step(board, &mut runner, Event::Bits(Notifications::empty()));
        let end = [
            "serve 0",
            "unbind",
            "unclaim 0",
            "unclaim 1",
            "state dropped",
            "devres dropped",
            "release",
        ];
        assert_eq!(board.journal()[first.len()..], end);
        assert_eq!(runner.bound(), 0);
        assert!(driver.kept.borrow()[0].try_access().is_none());
    });
}

#[test]
fn a_refused_probe_gives_the_lease_back_and_says_so() {
    Board::run(|board| {
        let driver = driver(board);
        driver.refuse.set(true);
        let mut runner = Runner::new(&driver);
        offer(board, "rtc");
        step(board, &mut runner, Event::Bits(Notifications::empty()));
        assert_eq!(
            board.journal(),
            ["serve 0", "claim 0", "unclaim 0", "release"]
        );
        assert_eq!(board.0.borrow().log, ["probe failed: unexpected answer"]);
        driver.refuse.set(false);
        offer(board, "rtc");
        step(board, &mut runner, Event::Bits(Notifications::LEASE));
        step(board, &mut runner, Event::Bits(Notifications::empty()));
        assert_eq!(runner.bound(), 1);
    });
}

#[test]
fn several_bindings_end_one_by_one() {
    Board::run(|board| {
        let driver = driver(board);
        let mut runner = Runner::new(&driver);
        let leases: Vec<_> = ["a", "b", "c", "d"].map(|name| offer(board, name)).into();
        let fifth = offer(board, "e");
        step(board, &mut runner, Event::Bits(Notifications::empty()));
        assert_eq!(runner.bound(), MAX_BINDINGS);
        assert!(
            board.0.borrow_mut().lease(fifth.raw() as usize).is_none(),
            "given back"
        );
        step(board, &mut runner, call(1, 3));
        assert_eq!(replied(board, &mut runner).0, 0);
        // Interrupt bits are one a binding.
        step(
            board,
            &mut runner,
            Event::Bits(Notifications::interrupt(1) | Notifications::interrupt(3)),
        );
        let interrupts = board
            .journal()
            .iter()
            .filter(|line| *line == "interrupt")
            .count();
        assert_eq!(interrupts, 2);
        for lease in &leases[..3] {
            board
                .0
                .borrow_mut()
                .lease_events
                .push_back((2, lease.raw()));
        }
        step(board, &mut runner, Event::Bits(Notifications::LEASE));
        step(board, &mut runner, Event::Bits(Notifications::empty()));
        assert_eq!(runner.bound(), 1);
        assert!(
            !board.journal()[1..].contains(&"serve 0".into()),
            "one is left to serve"
        );
        step(board, &mut runner, call(1, 0));
        assert_eq!(
            replied(board, &mut runner).0,
            0,
            "the one that is left is the first now"
        );
    });
}

#[test]
fn an_unknown_lease_that_ends_is_released() {
    Board::run(|board| {
        let driver = driver(board);
        let mut runner = Runner::new(&driver);
        let lease = board.lease("rtc", vec![]);
        board
            .0
            .borrow_mut()
            .lease_events
            .push_back((2, lease.raw()));
        step(board, &mut runner, Event::Bits(Notifications::empty()));
        assert_eq!(board.journal(), ["serve 0", "release"]);
    });
}

#[test]
fn a_forgotten_guard_keeps_its_windows_from_any_later_binding() {
    Board::run(|board| {
        let driver = driver(board);
        let mut runner = Runner::new(&driver);
        let lease = offer(board, "rtc");
        step(board, &mut runner, Event::Bits(Notifications::empty()));
        let forget = |guard: Option<Guard<'_, Dropped>>| core::mem::forget(guard.unwrap());
        forget(driver.kept.borrow()[0].try_access());
        let grants = board
            .0
            .borrow_mut()
            .lease(lease.raw() as usize)
            .unwrap()
            .grants
            .clone();
        board
            .0
            .borrow_mut()
            .lease_events
            .push_back((2, lease.raw()));
        step(board, &mut runner, Event::Bits(Notifications::LEASE));
        // The same bytes, whatever the device is called now.
        for name in ["rtc", "clock"] {
            let again = board.lease(name, grants.clone());
            board
                .0
                .borrow_mut()
                .lease_events
                .push_back((1, again.raw()));
            step(board, &mut runner, Event::Bits(Notifications::LEASE));
            step(board, &mut runner, Event::Bits(Notifications::empty()));
            assert_eq!(runner.bound(), 0);
            assert!(
                board.0.borrow_mut().lease(again.raw() as usize).is_none(),
                "given back"
            );
            assert_eq!(
                board.0.borrow_mut().log.pop().unwrap(),
                "probe failed: busy"
            );
        }
        // A device with other bytes is bound, of the same name as well.
        offer(board, "rtc");
        step(board, &mut runner, Event::Bits(Notifications::LEASE));
        step(board, &mut runner, Event::Bits(Notifications::empty()));
        assert_eq!(runner.bound(), 1);
    });
}

#[test]
#[should_panic(expected = "the supervisor asked for a crash")]
fn a_crash_on_demand() {
    Board::run(|board| {
        let driver = driver(board);
        let mut runner = Runner::new(&driver);
        step(board, &mut runner, Event::Bits(Notifications::CRASH));
    });
}

#[test]
fn interrupts_are_limited_and_their_bits_come_back() {
    Board::run(|board| {
        let line = board.grant_at(GrantKind::Interrupt, "line", 10, 1);
        let device = board.bind(0, "a", vec![line; 14]);
        let taken: Vec<_> = (0..Notifications::INTERRUPT_COUNT)
            .map(|index| device.interrupt(index).unwrap())
            .collect();
        assert_eq!(device.interrupt(13).err(), Some(Error::Exhausted));
        drop(taken);
        assert_eq!(device.interrupt(99).err(), Some(Error::NoDevice));
        core::mem::forget(device.interrupt(0).unwrap());
        board.unbind(&device);
        assert_eq!(
            crate::runtime::Task::current().bits_of(0),
            Notifications::empty(),
            "forgotten, and back"
        );
    });
}

#[test]
fn a_tag_names_its_binding() {
    assert_eq!(crate::ipc::instance(crate::ipc::tag(7, 2, 3)), 3);
    assert_eq!(crate::ipc::tag(7, 2, 0), Tag::new(7, 2));
}

#[test]
#[should_panic(expected = "one driver loop a task")]
fn a_loop_within_a_loop_is_refused() {
    Board::run(|board| {
        let driver = driver(board);
        let _outer = Runner::new(&driver);
        let _inner = Runner::new(&driver);
    });
}

#[test]
fn a_dropped_loop_ends_its_bindings() {
    Board::run(|board| {
        let driver = driver(board);
        let mut runner = Runner::new(&driver);
        offer(board, "rtc");
        step(board, &mut runner, Event::Bits(Notifications::empty()));
        drop(runner);
        let journal = board.journal();
        assert_eq!(
            journal[journal.len() - 3..],
            ["state dropped", "devres dropped", "release"]
        );
        Runner::new(&driver);
    });
}

#[test]
fn a_slot_with_used_up_generations_is_never_used_again() {
    Board::run(|board| {
        let slot = &Task::current().slots()[0];
        slot.generation.set(u32::MAX);
        let device = board.bind(0, "a", vec![]);
        let value = Devres::new(&device, 7_u32).unwrap();
        board.unbind(&device);
        assert_eq!(slot.phase.get(), Phase::Retired);
        assert!(value.try_access().is_none() && !device.is_bound());
    });
}

#[test]
fn a_driver_cannot_end_its_binding_or_its_claims_by_their_numbers() {
    Board::run(|board| {
        let driver = driver(board);
        let mut runner = Runner::new(&driver);
        let lease = offer(board, "rtc");
        step(board, &mut runner, Event::Bits(Notifications::empty()));
        assert_eq!(runner.bound(), 1);
        // Handles are numbers: any code of the task can name this one.
        let named = LeaseHandle::from_raw(lease.raw());
        assert_eq!(sys::lease_release(named), Err(Error::Denied));
        assert_eq!(sys::grant_unclaim(named, 0), Err(Error::Denied));
        let mut grants = board.0.borrow().leases[0].1.grants.clone();
        assert!(grants.iter().all(|grant| grant.is_claimed()), "as before");
        // Leases that no binding has are the task's own affair.
        grants.truncate(1);
        let other = board.lease("other", grants);
        assert_eq!(sys::grant_unclaim(other, 0), Ok(()));
        assert_eq!(sys::lease_release(other), Ok(()));
        // The runtime itself gives everything back, and the next binding is another one.
        for _ in 0..2 * MAX_BINDINGS {
            let ending = (2, board.0.borrow().leases[0].0);
            board.0.borrow_mut().lease_events.push_back(ending);
            step(board, &mut runner, Event::Bits(Notifications::LEASE));
            step(board, &mut runner, Event::Bits(Notifications::empty()));
            assert_eq!((runner.bound(), board.0.borrow().leases.len()), (0, 0));
            assert_ne!(sys::lease_release(lease), Err(Error::Denied), "it is over");
            offer(board, "rtc");
            step(board, &mut runner, Event::Bits(Notifications::LEASE));
            step(board, &mut runner, Event::Bits(Notifications::empty()));
            assert_eq!(runner.bound(), 1);
        }
    });
}

#[test]
fn a_callback_that_panics_leaves_its_binding_to_the_end_of_the_loop() {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    /// Panics in the callbacks with these numbers: 0 for probe, 1 for unbind.
    struct Panics(Board, u8, RefCell<Option<Devres<Dropped>>>);
    impl Driver for Panics {
        type State = ForLt!(self::State<'_>);
        fn probe<'cap>(&self, device: &Device<'cap, super::Core>) -> Result<State<'cap>, Error> {
            let value = Dropped(self.0.clone(), "devres dropped");
            self.2.replace(Some(Devres::new(device, value)?));
            let state = State {
                window: device.io_mem("r")?,
                interrupt: None,
                device: device.bound(),
                _dropped: Dropped(self.0.clone(), "state dropped"),
            };
            assert_ne!(self.1, 0, "in probe");
            Ok(state)
        }
        fn unbind<'cap>(&self, _: &mut State<'cap>, _: &Device<'cap, super::Core>) {
            assert_ne!(self.1, 1, "in unbind");
        }
    }
    for callback in [0, 1] {
        Board::run(|board| {
            let driver = Panics(board.clone(), callback, RefCell::default());
            let mut runner = Runner::new(&driver);
            let lease = offer(board, "rtc");
            let mut step = |event| {
                board.0.borrow_mut().events.push_back(event);
                catch_unwind(AssertUnwindSafe(|| runner.step()))
            };
            let probed = step(Event::Bits(Notifications::empty()));
            assert_eq!(probed.is_err(), callback == 0);
            let ending = (2, lease.raw());
            board.0.borrow_mut().lease_events.push_back(ending);
            let _ = step(Event::Bits(Notifications::LEASE));
            let unbound = step(Event::Bits(Notifications::empty()));
            assert_eq!(unbound.is_err(), callback == 1);
            drop(runner);
            let count = |line: &str| board.journal().iter().filter(|had| *had == line).count();
            assert_eq!(count("state dropped"), 1);
            // A panic in the middle of an unbind leaves the rest of it undone; nothing is done twice.
            let ended = usize::from(callback == 0);
            assert_eq!((count("devres dropped"), count("release")), (ended, ended));
            assert_eq!(
                Task::current().slots()[0].phase.get() == Phase::Free,
                callback == 0
            );
            if callback == 1 {
                // The task's tables are the thread's, and the next test is another thread's.
                drop(driver.2.take());
            }
        });
    }
}
