//! Bindings of futures over the model kernel: concurrent requests, wake-ups, and the order of the end.

mod hostile;

use super::super::{Bound, Device, Phase, Runner, Task};
use super::engine::Futures;
use super::reactor::all_lines;
use super::{AsyncDriver, Reactor, binding};
use crate::devres::Devres;
use crate::future::{Lock, Posts, sleep, sleep_until, with_deadline};
use crate::interrupt::Interrupt;
use crate::io::IoMem;
use crate::ipc::{Answer, Deferred, Request};
use crate::sys::{Error, GrantKind, LeaseHandle, Message, Notifications, Tag, TaskHandle};
use crate::testing::{Board, Event};
use crate::{ForLt, time};
use core::cell::{Cell, RefCell};
use core::future::pending;
use core::task::Waker;
use std::boxed::Box;
use std::format;
use std::vec;
use std::vec::Vec;

impl Reactor {
    /// How many wakers are kept.
    fn wakers(&self) -> usize {
        let lines = all_lines().iter().map(|line| &line.waker);
        let hearings = crate::future::hearings().iter();
        lines
            .chain(hearings.map(|hearing| &hearing.listener))
            .filter(|cell| {
                let waker = cell.take();
                let is_kept = waker.is_some();
                cell.set(waker);
                is_kept
            })
            .count()
    }
}

/// Operations.
const AT_ONCE: u16 = 1;
const INTERRUPT: u16 = 2;
const NEVER: u16 = 3;
const LATER: u16 = 4;
const DEADLINE: u16 = 5;
const POSTED: u16 = 6;
const LEAK: u16 = 7;
const LEAK_REPLY: u16 = 8;
const NESTED: u16 = 9;
const SLEEP: u16 = 10;
const GUARD: u16 = 11;
const LEAK_GUARD: u16 = 12;

/// Says in the journal when it is dropped.
struct Dropped(Board, &'static str);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.note(self.1);
    }
}

/// A driver that does what its requests say.
struct Worker {
    board: Board,
    /// What the probe awaits, in milliseconds, and what it comes to.
    probe: Cell<(u64, Option<Error>)>,
    /// How often the loop wakes itself.
    spins: Cell<u32>,
    rounds: Cell<u32>,
    /// Kept past the end.
    wakers: RefCell<Vec<Waker>>,
}

struct State<'cap> {
    window: IoMem<'cap, 8>,
    line: Lock<Interrupt<'cap>>,
    posts: Lock<Posts<'cap>>,
    _dropped: Dropped,
}

impl AsyncDriver for Worker {
    type State = ForLt!(State<'_>);
    const REQUESTS: usize = 3;

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<State<'cap>, Error> {
        let window = device.io_mem("r")?;
        assert_eq!(device.timer().err(), Some(Error::Busy), "the runtime's");
        let (delay, error) = self.probe.get();
        if delay != 0 {
            sleep(delay).await;
        }
        if let Some(error) = error {
            return Err(error);
        }
        Ok(State {
            window,
            line: Lock::new(device.interrupt("line")?),
            posts: Lock::new(device.posts()?),
            _dropped: Dropped(self.board.clone(), "state dropped"),
        })
    }

    async fn run<'cap>(&self, _: &State<'cap>, _: &Device<'cap, Bound>) {
        let _dropped = Dropped(self.board.clone(), "loop dropped");
        core::future::poll_fn(|context| {
            self.rounds.set(self.rounds.get() + 1);
            let left = self.spins.get();
            self.spins.set(left.saturating_sub(1));
            if left != 0 {
                context.waker().wake_by_ref();
            }
            self.wakers.borrow_mut().push(context.waker().clone());
            core::task::Poll::Pending
        })
        .await
    }

    async fn request<'cap>(
        &self,
        state: &State<'cap>,
        device: &Device<'cap, Bound>,
        request: &Request<'_>,
    ) -> Answer {
        assert!(device.is_bound());
        let names = ["none", "1 dropped", "2 dropped", "3 dropped", "4 dropped"];
        let _dropped = Dropped(self.board.clone(), names[request.client().index() % 5]);
        match request.operation() {
            AT_ONCE => Answer::result(Ok(state.window.read32::<0>())),
            INTERRUPT => {
                let mut line = state.line.lock().await;
                line.wait().await;
                line.acknowledge().unwrap();
                Answer::result(Ok(request.client().index() as u32))
            }
            NEVER => pending().await,
            LATER => Answer::Later,
            DEADLINE => {
                let mut line = state.line.lock().await;
                Answer::result(with_deadline(10, line.wait()).await)
            }
            POSTED => {
                let wanted = Notifications::peer(3) | Notifications::peer(4);
                let came = state.posts.lock().await.wait(wanted).await;
                Answer::result(Ok(came.bits()))
            }
            LEAK => {
                // Futures that were polled, and are never dropped.
                let mut leaked = Box::pin(async { state.line.lock().await.wait().await });
                let poll = core::future::poll_fn(|context| leaked.as_mut().poll(context).map(drop));
                let _ = with_deadline(1, poll).await;
                crate::sys::keep(leaked);
                Answer::result(Ok(1_u32))
            }
            LEAK_REPLY => {
                core::mem::forget(Deferred::<u32>::new(request));
                Answer::result(Ok(2_u32))
            }
            NESTED => {
                // A value that drops futures when it is dropped, which wait and wake others.
                let line = state.line.lock().await;
                let mut inner = Box::pin(async { sleep_until(u64::MAX - 1).await });
                core::future::poll_fn(|context| {
                    assert!(inner.as_mut().poll(context).is_pending());
                    core::task::Poll::Ready(())
                })
                .await;
                let _both = (inner, line);
                pending().await
            }
            SLEEP => {
                let milliseconds = request.arguments().take::<u64>().unwrap();
                sleep(milliseconds).await;
                Answer::result(Ok(milliseconds as u32))
            }
            GUARD | LEAK_GUARD => {
                // A guard of a value of the binding is held across an await.
                let dropped = Dropped(self.board.clone(), "value dropped");
                let value = Devres::new(device, dropped).unwrap();
                let mut held = Box::pin(async {
                    let _guard = value.try_access().unwrap();
                    pending().await
                });
                if request.operation() == GUARD {
                    return held.await;
                }
                let _ = with_deadline(1, held.as_mut()).await;
                // The value is borrowed by the guard, so it is leaked with it.
                crate::sys::keep(held);
                crate::sys::keep(value);
                Answer::result(Ok(3_u32))
            }
            _ => Answer::error(Error::Invalid),
        }
    }
}

/// A client of the model: task `index`.
fn client(index: u32) -> u32 {
    1 << 6 | index
}

fn call(index: u32, operation: u16) -> Event {
    call_with(index, operation, 0)
}

fn call_with(index: u32, operation: u16, argument: usize) -> Event {
    let words = [argument, 0, 0, 0, 0, 0, 0, 0];
    Event::Call(client(index), Message::new(Tag::new(operation, 1), words))
}

/// Offers the driver's device.
fn offer(board: &Board) -> LeaseHandle {
    let grants = vec![
        board.grant(GrantKind::Mmio, "r", 8),
        board.grant_at(GrantKind::Interrupt, "line", 10, 1),
    ];
    let lease = board.lease("device", grants);
    let offered = (1, lease.raw());
    board.0.borrow_mut().lease_events.push_back(offered);
    lease
}

/// Runs a test with a driver, the board, and a function that lets the loop take one event.
fn run(test: impl FnOnce(&Board, &Worker, &mut dyn FnMut(Event)) + Send) {
    Board::run(|board| {
        let driver = worker(board);
        let mut runner = Runner::new(Futures::new(|device| binding::<Worker, 3>(&driver, device)));
        let mut step = |event| {
            board.0.borrow_mut().events.push_back(event);
            runner.step();
        };
        test(board, &driver, &mut step);
    });
}

fn worker(board: &Board) -> Worker {
    Worker {
        board: board.clone(),
        probe: Cell::default(),
        spins: Cell::default(),
        rounds: Cell::default(),
        wakers: RefCell::default(),
    }
}

/// Bound, and probed.
fn bound(test: impl FnOnce(&Board, &Worker, LeaseHandle, &mut dyn FnMut(Event)) + Send) {
    run(|board, driver, step| {
        let lease = offer(board);
        step(NOTHING);
        board.0.borrow_mut().journal.clear();
        test(board, driver, lease, step);
    });
}

const NOTHING: Event = Event::Bits(Notifications::empty());
const LINE: Notifications = Notifications::interrupt(0);

/// The replies since the last time: task and value or error.
fn replies(board: &Board) -> Vec<(u32, Result<usize, Error>)> {
    let replied = core::mem::take(&mut board.0.borrow_mut().replied);
    let result = |(client, message): (u32, Message)| {
        let index = TaskHandle::from_raw(client).index() as u32;
        match usize::from(message.tag.operation()) {
            0 => (index, Ok(message.words[0])),
            code => (index, Err(Error::from_code(code).unwrap())),
        }
    };
    replied.into_iter().map(result).collect()
}

/// The lease ends.
fn end(board: &Board, lease: LeaseHandle, step: &mut dyn FnMut(Event)) {
    board
        .0
        .borrow_mut()
        .lease_events
        .push_back((2, lease.raw()));
    step(Event::Bits(Notifications::LEASE));
    step(NOTHING);
}

#[test]
fn requests_are_served_at_once_and_one_after_the_other_at_a_lock() {
    bound(|board, _, _, step| {
        step(call(1, INTERRUPT));
        step(call(2, INTERRUPT));
        step(call(3, AT_ONCE));
        step(call(4, NEVER));
        // Three were taken: the one that was answered made room for the fourth.
        assert_eq!(replies(board), [(3, Ok(0))]);
        assert!(!board.0.borrow().holds);
        step(NOTHING);
        assert!(board.0.borrow().holds, "three at once: others wait");
        step(Event::Bits(LINE));
        step(NOTHING);
        assert_eq!(replies(board), [(1, Ok(1))], "who came first");
        assert!(!board.0.borrow().holds);
        step(call(3, AT_ONCE));
        step(NOTHING);
        assert_eq!(replies(board), [(3, Ok(0))]);
        // The second had the lock after the turn in which the first was answered.
        step(Event::Bits(LINE));
        step(NOTHING);
        assert_eq!(replies(board), [(2, Ok(2))]);
    });
}

/// The callers that wait are another binding's from then on, or are turned away.
#[test]
fn a_full_binding_that_ends_lets_the_others_serve() {
    for others in [false, true] {
        run(|board, _, step| {
            let lease = offer(board);
            step(NOTHING);
            if others {
                offer(board);
                step(Event::Bits(Notifications::LEASE));
                step(NOTHING);
            }
            for index in [1, 2, 3] {
                step(call(index, NEVER));
            }
            step(NOTHING);
            assert!(board.0.borrow().holds);
            board.0.borrow_mut().journal.clear();
            end(board, lease, step);
            assert!(!board.0.borrow().holds);
            let serves = board.journal();
            let wanted = if others { "serve 1" } else { "serve 0" };
            assert_eq!(
                serves
                    .iter()
                    .filter(|line| line.starts_with("serve"))
                    .collect::<Vec<_>>(),
                [wanted]
            );
            if others {
                step(call(4, AT_ONCE));
                step(NOTHING);
                let unbound = Err(Error::Unbound);
                let wanted = [(3, unbound), (2, unbound), (1, unbound), (4, Ok(0))];
                assert_eq!(replies(board), wanted);
            }
        });
    }
}

#[test]
fn a_request_that_was_received_but_not_begun_is_answered_at_the_end() {
    run(|board, _, step| {
        let lease = offer(board);
        step(NOTHING);
        offer(board);
        step(Event::Bits(Notifications::LEASE));
        step(call(1, AT_ONCE));
        // The end comes before the turn, as after a lease event that was taken while the task waited for another.
        let ending = (2, lease.raw());
        board.0.borrow_mut().lease_events.push_back(ending);
        Task::current().lease_events.set(true);
        step(NOTHING);
        assert_eq!(replies(board), [(1, Err(Error::Unbound))]);
        step(call(1, AT_ONCE));
        step(NOTHING);
        assert_eq!(replies(board), [(1, Ok(0))]);
    });
}

#[test]
fn the_end_drops_requests_from_the_last_then_the_loop_then_the_state() {
    bound(|board, _, lease, step| {
        step(call(1, INTERRUPT));
        step(call(2, INTERRUPT));
        step(call(3, NEVER));
        end(board, lease, step);
        let journal = board.journal();
        let dropped: Vec<_> = journal
            .iter()
            .filter(|line| {
                line.contains("dropped") || *line == "release" || line.starts_with("serve")
            })
            .collect();
        let wanted = [
            "serve 2",
            "serve 0",
            "3 dropped",
            "2 dropped",
            "1 dropped",
            "loop dropped",
            "state dropped",
            "release",
        ];
        assert_eq!(dropped, wanted, "{journal:?}");
        // The kernel has answered the clients: not once more.
        assert_eq!(replies(board), []);
        assert_eq!(Reactor::current().wakers(), 0);
        assert_eq!(Reactor::current().sleepers.first_key(), None);
    });
}

#[test]
fn a_probe_may_wait_and_nothing_is_served_before_it_is_over() {
    run(|board, driver, step| {
        driver.probe.set((5, None));
        let lease = offer(board);
        step(NOTHING);
        assert!(!board.journal().contains(&"serve 1".into()));
        assert_eq!(board.0.borrow().timer, Some(time::ticks(5)));
        board.0.borrow_mut().time = time::ticks(5);
        step(Event::Bits(Notifications::TIMER));
        step(NOTHING);
        assert!(board.journal().contains(&"serve 1".into()));
        end(board, lease, step);
        // One that is taken away meanwhile ends like any other.
        driver.probe.set((5, None));
        let lease = offer(board);
        step(Event::Bits(Notifications::LEASE));
        step(NOTHING);
        end(board, lease, step);
        assert_eq!(board.0.borrow().leases.len(), 0);
        assert_eq!(Reactor::current().sleepers.first_key(), None);
    });
}

#[test]
fn a_probe_that_fails_later_gives_the_device_back() {
    run(|board, driver, step| {
        driver.probe.set((5, Some(Error::Protocol)));
        offer(board);
        step(NOTHING);
        board.0.borrow_mut().time = time::ticks(5);
        step(Event::Bits(Notifications::TIMER));
        step(NOTHING);
        assert_eq!(board.0.borrow().leases.len(), 0);
        assert_eq!(board.0.borrow().log, ["probe failed: unexpected answer"]);
        assert_eq!(Task::current().slots()[0].phase.get(), Phase::Free);
        // The next one binds in the same place.
        driver.probe.set((0, None));
        offer(board);
        step(Event::Bits(Notifications::LEASE));
        step(NOTHING);
        step(call(1, AT_ONCE));
        step(NOTHING);
        assert_eq!(replies(board), [(1, Ok(0))]);
    });
}

#[test]
fn a_future_that_always_wakes_itself_does_not_keep_the_task_from_its_leases() {
    run(|board, driver, step| {
        driver.spins.set(1000);
        let lease = offer(board);
        step(NOTHING);
        let set_to = board.0.borrow().timer;
        // The first tick after boot is past.
        assert_eq!(set_to, Some(1), "the next wait ends at once");
        step(Event::Bits(Notifications::TIMER));
        step(call(1, AT_ONCE));
        assert!(driver.rounds.get() <= 8, "two polls a turn");
        end(board, lease, step);
        assert_eq!(board.0.borrow().leases.len(), 0);
        let rounds = driver.rounds.get();
        step(NOTHING);
        assert_eq!(driver.rounds.get(), rounds);
    });
}

#[test]
fn only_what_was_woken_is_polled() {
    bound(|board, driver, _, step| {
        step(call(1, NEVER));
        step(call(2, INTERRUPT));
        step(NOTHING);
        let before = driver.rounds.get();
        step(Event::Bits(LINE));
        step(NOTHING);
        assert_eq!(replies(board), [(2, Ok(2))]);
        assert_eq!(driver.rounds.get(), before, "the loop slept");
    });
}

#[test]
fn a_deadline_ends_a_wait_and_the_line_serves_the_next() {
    bound(|board, _, _, step| {
        step(call(1, DEADLINE));
        step(call(2, DEADLINE));
        step(NOTHING);
        assert_eq!(board.0.borrow().timer, Some(time::ticks(10)));
        board.0.borrow_mut().time = time::ticks(10);
        step(Event::Bits(Notifications::TIMER));
        step(NOTHING);
        step(NOTHING);
        assert_eq!(replies(board), [(1, Err(Error::TimedOut))]);
        // The second had the line from then on, and has ten milliseconds of its own.
        assert_eq!(board.0.borrow().timer, Some(time::ticks(20)));
        step(Event::Bits(LINE));
        step(NOTHING);
        assert_eq!(replies(board), [(2, Ok(0))]);
    });
}

#[test]
fn sleepers_wake_in_order_of_their_times() {
    bound(|board, _, _, step| {
        for (index, milliseconds) in [(1, 30), (2, 10), (3, 20)] {
            step(call_with(index, SLEEP, milliseconds));
        }
        step(NOTHING);
        assert_eq!(board.0.borrow().timer, Some(time::ticks(10)));
        for (now, index) in [(10, 2), (20, 3), (30, 1)] {
            board.0.borrow_mut().time = time::ticks(now);
            step(Event::Bits(Notifications::TIMER));
            step(NOTHING);
            assert_eq!(replies(board), [(index, Ok(now as usize))]);
        }
        assert_eq!(Reactor::current().sleepers.first_key(), None);
    });
}

#[test]
fn what_peers_post_is_heard_once_and_not_lost() {
    bound(|board, _, _, step| {
        // Before anybody waits.
        step(Event::Bits(Notifications::peer(3) | Notifications::peer(0)));
        step(call(1, POSTED));
        step(call(2, POSTED));
        step(NOTHING);
        assert_eq!(replies(board), [(1, Ok(8))]);
        step(Event::Bits(Notifications::peer(4)));
        step(NOTHING);
        assert_eq!(replies(board), [(2, Ok(16))]);
    });
}

#[test]
fn a_dropped_runner_ends_its_bindings() {
    Board::run(|board| {
        let driver = worker(board);
        let mut runner = Runner::new(Futures::new(|device| binding::<Worker, 3>(&driver, device)));
        offer(board);
        board.0.borrow_mut().events.push_back(NOTHING);
        runner.step();
        for event in [call(1, NEVER), NOTHING] {
            board.0.borrow_mut().events.push_back(event);
            runner.step();
        }
        drop(runner);
        let journal = board.journal();
        assert!(journal.contains(&"1 dropped".into()) && journal.ends_with(&["release".into()]));
    });
}
